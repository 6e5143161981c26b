import type { Connection } from 'mongoose';
import type { TokenScope, TokenStore } from '../../../src/people/api-token.js';
import { MAX_TIME_MS } from '../shared/limits.js';
import { text, whole } from '../shared/query.js';
import { retryOnce } from '../shared/retry-once.js';
import { insertedOrThere } from '../shared/write.js';
import { apiTokenModel, type ApiTokenDocument } from './api-token.js';
import { tokenUseModel } from './token-use.js';

/** Bearer tokens by hash, and single-use ids. */
export function tokenStore(connection: Connection): TokenStore {
  const tokens = apiTokenModel(connection);
  const uses = tokenUseModel(connection);
  return {
    async issue({ hash, scope, expiresAt }) {
      const document = {
        _id: text(hash, 'the hash'),
        scope: primitiveScope(scope),
        expiresAt,
        createdAt: new Date(),
      };
      await retryOnce(() => insertedOrThere(tokens.collection.insertOne(document as never)));
    },
    async find(hash, now) {
      const token = await tokens.findOne({ _id: text(hash, 'the hash') }).lean<ApiTokenDocument>();
      // The database removes what has expired some time later, or never: the date decides.
      if (!token || (token.expiresAt !== null && token.expiresAt <= now)) return null;
      return token.scope;
    },
    // Never repeated by itself: after a lost answer nobody knows who used it, and a fresh token is cheap.
    useOnce: async (id, expiresAt) =>
      insertedOrThere(uses.collection.insertOne({ _id: text(id, 'the id') as never, expiresAt })),
    async deleteExpired(before) {
      const ended = { expiresAt: { $lt: before } };
      const options = { hint: 'expiry', maxTimeMS: MAX_TIME_MS };
      const deleted = await Promise.all(
        [tokens, uses].map(({ collection }) => collection.deleteMany(ended, options)),
      );
      return deleted.reduce((sum, { deletedCount }) => sum + deletedCount, 0);
    },
  };
}

function primitiveScope(scope: TokenScope): TokenScope {
  if (scope.kind === 'operator') return { kind: 'operator', name: text(scope.name, 'the name') };
  const deploymentId = text(scope.deploymentId, 'the deployment');
  return { kind: 'run', deploymentId, repoId: whole(scope.repoId, 'the repository') };
}
