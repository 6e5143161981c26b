import { randomBytes } from 'node:crypto';
import { VitrineError } from '../../src/shared/errors.js';
import { hashToken } from '../api/access.js';
import { connectStore } from '../store/connect.js';
import { withDatabase, type CommandSurroundings } from './with-database.js';

const NAME = /^[\w .@-]{1,100}$/;

/** Makes a token for an operator's programs. Only its hash is kept: this is the one time it can be seen. */
export async function createToken(
  surroundings: CommandSurroundings,
  name: string | undefined,
): Promise<string> {
  if (!name || !NAME.test(name)) {
    throw new VitrineError(
      'bad_request',
      'Say whom the token is for: token create --name "continuous integration".',
    );
  }
  const token = `vto_${randomBytes(32).toString('base64url')}`;
  await withDatabase(surroundings, async (database) => {
    const store = await connectStore(database);
    const scope = { kind: 'operator', name } as const;
    await store.stores.tokens.issue({ hash: hashToken(token), scope, expiresAt: null }).finally(store.close);
  });
  return token;
}
