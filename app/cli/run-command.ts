import { parseArgs } from 'node:util';
import { createToken } from '../../src/people/api-token.js';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import { projectVersion } from '../config/project-root.js';
import { connectStore } from '../store/connect.js';
import { type CommandSurroundings, onDatabase, withDatabase } from './database.js';
import { MIGRATE_USAGE, runMigrate } from './migrate.js';

const USAGE = `Usage: npm start -- [command]

Without a command the server starts.

  doctor [--json]              checks what a server needs, and says what to do: docs/doctor.md
  token create --name <whom>   makes a token for the API and shows it once
  migrate status|up|down       shows, applies or takes back migrations: npm run migrate -- --help
  statistics recount           counts the statistics anew from the deployments
  --help, --version

Everything else is set by environment variables or a .env file: see docs/configuration.md.`;

interface Arguments {
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

export function readArguments(args: readonly string[]): Arguments {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean' },
        version: { type: 'boolean' },
        name: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    return { words: positionals, values };
  } catch (error) {
    throw new VitrineError('bad_request', `${messageOf(error)}\n${USAGE}`);
  }
}

/** Runs a command that is not the server, and answers what it has to say. */
export async function runCommand(
  { words, values }: Arguments,
  surroundings: CommandSurroundings,
): Promise<readonly string[]> {
  const [first, what = '', ...more] = words;
  if (values['help']) return [first === 'migrate' ? MIGRATE_USAGE : USAGE];
  if (values['version']) return [projectVersion()];
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
