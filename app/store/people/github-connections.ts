import { type Connection, type Model, Schema } from 'mongoose';
import type {
  GitHubConnection,
  GitHubConnectionStore,
  SealedTokens,
} from '../../../src/people/github-connection.js';
import { keyIdOf } from '../../../src/secrets/envelope.js';
import { MAX_TIME_MS, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';

const OPTIONS = { maxTimeMS: MAX_TIME_MS } as const;
const FREE = { owner: null, until: new Date(0) };

/** What GitHub allows the server to read on behalf of people, one document a person. */
export function githubConnectionStore(connection: Connection): GitHubConnectionStore {
  const model = connectionModel(connection);
  const { collection } = model;
  return {
    async save({ userId, ...fresh }) {
      const fields = { ...fresh, ...primitiveTokens(fresh), brokenAt: null, reach: null, lease: FREE };
      const update = { $set: fields, $inc: { version: 1, epoch: 1 } };
      const where = { _id: text(userId, 'the person') as never };
      await retryOnce(() => collection.updateOne(where, update, { upsert: true, ...OPTIONS }));
    },
    async get(userId) {
      const found = await model.findOne({ _id: text(userId, 'the person') }).lean<ConnectionDocument>();
      return found && toConnection(found);
    },
    ...refreshing(model),
    ...reaching(model),
    async remove(userId) {
      const where = { _id: text(userId, 'the person') };
      return (await retryOnce(() => model.deleteOne(where))).deletedCount === 1;
    },
    async removeOfAccount(githubId) {
      const where = { githubId: whole(githubId, 'the person') };
      return (await retryOnce(() => model.deleteMany(where).hint('person'))).deletedCount;
    },
  };
}

type Connections = Model<ConnectionDocument>;

/** A refresh token works once, so one process at a time may use it. The database's clock counts: those of servers differ. */
function refreshing({
  collection,
}: Connections): Pick<GitHubConnectionStore, 'lease' | 'refreshed' | 'markBroken'> {
  const tokensOf = ({ userId, version }: { userId: string; version: number }) => ({
    _id: text(userId, 'the person') as never,
    version: whole(version, 'the version'),
  });
  return {
    async lease(seen, { owner, leaseMs }) {
      const free = { ...tokensOf(seen), brokenAt: null, $expr: { $lte: ['$lease.until', '$$NOW'] } };
      const until = { $add: ['$$NOW', whole(leaseMs, 'the lease')] };
      const taken = [{ $set: { lease: { owner: text(owner, 'the owner'), until } } }];
      return (await collection.updateOne(free, taken, OPTIONS)).matchedCount === 1;
    },
    async refreshed(seen, { owner, tokens }) {
      // Tokens from GitHub count even when the lease is lost: the old ones are dead, also when another process has tried them since.
      const where = tokens ? tokensOf(seen) : { ...tokensOf(seen), 'lease.owner': text(owner, 'the owner') };
      const update = tokens
        ? { $set: { ...primitiveTokens(tokens), brokenAt: null, lease: FREE }, $inc: { version: 1 } }
        : { $set: { lease: FREE } };
      return (await retryOnce(() => collection.updateOne(where, update, OPTIONS))).matchedCount === 1;
    },
    async markBroken(seen) {
      const broken = { $set: { brokenAt: new Date(), reach: null, lease: FREE } };
      await retryOnce(() => collection.updateOne(tokensOf(seen), broken, OPTIONS));
    },
  };
}

function reaching({ collection }: Connections): Pick<GitHubConnectionStore, 'keepReach' | 'forgetReach'> {
  return {
    async keepReach({ userId, epoch }, { repoIds, installationIds, at }) {
      const where = { _id: text(userId, 'the person') as never, epoch: whole(epoch, 'the epoch') };
      await collection.updateOne(where, { $set: { reach: { repoIds, installationIds, at } } }, OPTIONS);
    },
    async forgetReach(where) {
      const filter =
        'githubId' in where
          ? { githubId: whole(where.githubId, 'the person') }
          : { 'reach.installationIds': whole(where.installationId, 'the installation') };
      const update = { $set: { reach: null }, $inc: { epoch: 1 } };
      await retryOnce(() => collection.updateMany(filter, update, OPTIONS));
    },
  };
}

/** With the key that both tokens need: they are sealed together. */
function primitiveTokens(tokens: SealedTokens): SealedTokens & Pick<ConnectionDocument, 'keyId'> {
  const { accessToken, refreshToken, accessExpiresAt, refreshExpiresAt, scope: given } = tokens;
  const [scope, keyId] = [text(given, 'the scope'), keyIdOf(accessToken)];
  return { accessToken, refreshToken, accessExpiresAt, refreshExpiresAt, scope, keyId };
}

function toConnection({ _id, lease: _lease, keyId: _key, ...rest }: ConnectionDocument): GitHubConnection {
  return { userId: _id, ...rest };
}

interface ConnectionDocument extends Omit<GitHubConnection, 'userId'> {
  /** The person's id: everybody has one connection at most. */
  readonly _id: string;
  readonly lease: { readonly owner: string | null; readonly until: Date };
  readonly keyId: string;
}

const GITHUB_CONNECTIONS = 'githubConnections';

const connectionSchema = strictSchema<ConnectionDocument>({
  _id: String,
  githubId: Number,
  login: String,
  accessToken: String,
  refreshToken: String,
  accessExpiresAt: Date,
  refreshExpiresAt: Date,
  scope: String,
  connectedAt: Date,
  version: Number,
  brokenAt: Date,
  reach: Schema.Types.Mixed,
  epoch: Number,
  lease: Schema.Types.Mixed,
  keyId: String,
});

export function connectionModel(connection: Connection): Connections {
  return connection.model<ConnectionDocument>(GITHUB_CONNECTIONS, connectionSchema, GITHUB_CONNECTIONS);
}
