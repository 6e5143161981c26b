import { createToken } from '../../src/people/api-token.js';
import { VitrineError } from '../../src/shared/errors.js';
import { connectStore } from '../store/connect.js';
import { type Arguments, USAGE } from './arguments.js';
import { type CommandSurroundings, onDatabase, withDatabase } from './database.js';
import { runMigrate } from './migrate.js';

/** Runs a command that is not the server, and answers what it has to say. */
export async function runCommand(
  { words, values }: Arguments,
  surroundings: CommandSurroundings,
): Promise<readonly string[]> {
  const [first, what = '', ...more] = words;
  const command = words.join(' ');
  if (command === 'token create')
    return [await createOperatorToken(surroundings, String(values['name'] ?? ''))];
  if (first === 'migrate' && more.length === 0)
    return runMigrate(onDatabase(surroundings), { what, to: values['to'] });
  if (command === 'statistics recount') return recountStatistics(surroundings);
  throw new VitrineError('bad_request', `There is no command "${command}".\n${USAGE}`);
}

/** Counts all deployments anew: the counters were changed by hand, or an older program ran beside this one. */
function recountStatistics(surroundings: CommandSurroundings): Promise<readonly string[]> {
  return withDatabase(surroundings, async (database) => {
    const { stores, close } = await connectStore(database);
    const { days, corrected } = await stores.statistics.recount().finally(close);
    return [`${days} days of statistics were counted, and ${corrected} of them corrected.`];
  });
}

const NAME = /^[\w .@-]{1,100}$/;

/** Makes a token for an operator's programs. Only its hash is kept: this is the one time it can be seen. */
async function createOperatorToken(
  surroundings: CommandSurroundings,
  name: string | undefined,
): Promise<string> {
  if (!name || !NAME.test(name)) {
    throw new VitrineError(
      'bad_request',
      'Say whom the token is for: token create --name "continuous integration".',
    );
  }
  const { token, hash } = createToken('vto');
  await withDatabase(surroundings, async (database) => {
    const store = await connectStore(database);
    const scope = { kind: 'operator', name } as const;
    await store.stores.tokens.issue({ hash, scope, expiresAt: null }).finally(store.close);
  });
  return token;
}
