import { type Connection, type Model, Schema } from 'mongoose';
import { ABILITIES, type TokenScope, type TokenStore } from '../../../src/people/api-token.js';
import { MAX_TIME_MS, oneOf, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, retryOnce } from '../shared/write.js';

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
      // The database removes expired tokens late, so the date is checked here.
      if (!token || (token.expiresAt !== null && token.expiresAt <= now)) return null;
      return token.scope;
    },
    // Not retried: after a lost answer it is unknown whether this call used the id. The caller can get a new token.
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
  if (scope.kind === 'user') return primitiveUser(scope);
  const deploymentId = text(scope.deploymentId, 'the deployment');
  return { kind: 'run', deploymentId, repoId: whole(scope.repoId, 'the repository') };
}

function primitiveUser({ userId, name, abilities, projectIds }: Extract<TokenScope, { kind: 'user' }>) {
  return {
    kind: 'user',
    userId: text(userId, 'the person'),
    name: text(name, 'the name'),
    abilities: abilities.map((ability) => oneOf(ability, ABILITIES)),
    projectIds: projectIds && projectIds.map((id) => text(id, 'the project')),
  } as const;
}

interface ApiTokenDocument {
  /** The hash; the token itself is shown once and kept nowhere. */
  readonly _id: string;
  readonly scope: TokenScope;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

const API_TOKENS = 'apiTokens';

const apiTokenSchema = strictSchema<ApiTokenDocument>({
  _id: String,
  scope: Schema.Types.Mixed,
  expiresAt: Date,
  createdAt: Date,
});

export function apiTokenModel(connection: Connection): Model<ApiTokenDocument> {
  return connection.model<ApiTokenDocument>(API_TOKENS, apiTokenSchema, API_TOKENS);
}

/** A single-use id that was used, such as the `jti` of an OIDC token. */
interface TokenUseDocument {
  readonly _id: string;
  readonly expiresAt: Date;
}

const TOKEN_USES = 'tokenUses';

const tokenUseSchema = strictSchema<TokenUseDocument>({ _id: String, expiresAt: Date });

function tokenUseModel(connection: Connection): Model<TokenUseDocument> {
  return connection.model<TokenUseDocument>(TOKEN_USES, tokenUseSchema, TOKEN_USES);
}
