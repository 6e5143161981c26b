import { type Connection, type Model, Schema, trusted } from 'mongoose';
import {
  ABILITIES,
  type PersonalToken,
  type TokenScope,
  type TokenStore,
} from '../../../src/people/api-token.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, pageOf, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, newId, REPEATABLE, retryOnce } from '../shared/write.js';

/** Bearer tokens by hash, and single-use ids. */
export function tokenStore(connection: Connection): TokenStore {
  const tokens = apiTokenModel(connection);
  const uses = tokenUseModel(connection);
  return {
    async issue({ hash, scope, expiresAt, id }) {
      const document = {
        _id: text(hash, 'the hash'),
        scope: primitiveScope(scope),
        expiresAt,
        createdAt: new Date(),
        ...(scope.kind === 'user' && { id: text(id ?? newId(), 'the id'), lastUsedAt: null }),
      };
      await retryOnce(() => insertedOrThere(tokens.collection.insertOne(document as never)));
    },
    async find(hash, now) {
      const token = await tokens.findOne({ _id: text(hash, 'the hash') }).lean<ApiTokenDocument>();
      // The database removes expired tokens late, so the date is checked here.
      if (!token || (token.expiresAt !== null && token.expiresAt <= now)) return null;
      if (token.scope.kind === 'user') await noteUse(tokens, token, now);
      return token.scope;
    },
    ofUser: async (userId, page) => ofUser(tokens, text(userId, 'the person'), page),
    async revoke(userId, id) {
      const where = { 'scope.userId': text(userId, 'the person'), id: text(id, 'the id') };
      const { collection } = tokens;
      const deleted = await retryOnce(() => collection.deleteOne(where, { maxTimeMS: MAX_TIME_MS }));
      return deleted.deletedCount === 1;
    },
    async revokeAll(userId) {
      const where = { 'scope.userId': text(userId, 'the person') };
      const options = { maxTimeMS: MAX_TIME_MS, hint: 'person' };
      return (await retryOnce(() => tokens.collection.deleteMany(where, options))).deletedCount;
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

/** How often the last use of a person's token is written. */
const NOTE_EVERY_MS = 60_000;

async function noteUse(
  { collection }: Model<ApiTokenDocument>,
  { _id, lastUsedAt = null }: ApiTokenDocument,
  now: Date,
): Promise<void> {
  if (lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < NOTE_EVERY_MS) return;
  const update = { $set: { lastUsedAt: now } };
  await collection.updateOne({ _id: _id as never }, update, { maxTimeMS: MAX_TIME_MS, ...REPEATABLE });
}

async function ofUser(
  tokens: Model<ApiTokenDocument>,
  userId: string,
  page: Parameters<TokenStore['ofUser']>[1],
) {
  const after = cursorOf(page, /^[0-9a-f]{24}$/);
  const limit = limitOf(page);
  const found = await tokens
    .find({ 'scope.userId': userId, ...(after && { id: trusted({ $lt: after[0] }) }) })
    .sort({ id: -1 })
    .limit(limit + 1)
    .hint('person')
    .lean<ApiTokenDocument[]>();
  return pageOf(found.flatMap(toPersonal), { limit, cursor: ({ id }) => id });
}

function toPersonal({
  id,
  scope,
  createdAt,
  expiresAt,
  lastUsedAt = null,
}: ApiTokenDocument): PersonalToken[] {
  if (scope.kind !== 'user' || id === undefined) return [];
  const { name, abilities, projectIds } = scope;
  return [{ id, name, abilities, projectIds, createdAt, expiresAt, lastUsedAt }];
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
  /** Only of people's tokens, like the next. */
  readonly id?: string;
  readonly lastUsedAt?: Date | null;
}

const API_TOKENS = 'apiTokens';

const apiTokenSchema = strictSchema<ApiTokenDocument>({
  _id: String,
  scope: Schema.Types.Mixed,
  expiresAt: Date,
  createdAt: Date,
  id: String,
  lastUsedAt: Date,
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
