import { type Connection, type Model, trusted } from 'mongoose';
import {
  endOfSession,
  type Session,
  type SessionStore,
  type StoredSession,
} from '../../../src/people/session.js';
import { cursorOf, limitOf, MAX_TIME_MS, pageOf, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, retryOnce } from '../shared/write.js';

/** Browsers in which people are signed in, by the hashes of their cookies. */
export function sessionStore(connection: Connection): SessionStore {
  const model = sessionModel(connection);
  const { collection } = model;
  return {
    async create({ id, ...session }) {
      const document = { _id: id, ...session, endsAt: endOfSession(session) };
      await retryOnce(() => insertedOrThere(collection.insertOne(document as never)));
    },
    async byHash(hash) {
      const found = await model.findOne({ hashes: text(hash, 'the hash') }).lean<SessionDocument>();
      return found && toStored(found);
    },
    async change(seen, patch) {
      // The newest cookie is the first, and a cookie is replaced only by a newer one.
      const [newest = ''] = seen.hashes;
      const where = { _id: text(seen.id, 'the id') as never, 'hashes.0': text(newest, 'the hash') };
      const fields = { ...patch, endsAt: endOfSession({ ...seen, ...patch }) };
      return (await collection.updateOne(where, { $set: fields }, OPTIONS)).matchedCount === 1;
    },
    ofUser: async (userId, page) => ofUser(model, text(userId, 'the person'), page),
    async end(userId, id) {
      const where = { _id: text(id, 'the id'), userId: text(userId, 'the person') };
      return (await retryOnce(() => model.deleteOne(where))).deletedCount === 1;
    },
    async endAll(userId, except) {
      const others = except === undefined ? {} : { _id: trusted({ $ne: text(except, 'the session') }) };
      const where = { userId: text(userId, 'the person'), ...others };
      return (await retryOnce(() => model.deleteMany(where))).deletedCount;
    },
    async deleteExpired(before) {
      const ended = { endsAt: { $lt: before } };
      return (await collection.deleteMany(ended, { hint: 'expiry', ...OPTIONS })).deletedCount;
    },
  };
}

const OPTIONS = { maxTimeMS: MAX_TIME_MS } as const;

async function ofUser(
  model: Model<SessionDocument>,
  userId: string,
  page: Parameters<SessionStore['ofUser']>[1],
) {
  const after = cursorOf(page, /^[0-9a-f]{24}$/);
  const limit = limitOf(page);
  const found = await model
    .find({ userId, ...(after && { _id: trusted({ $lt: after[0] }) }) })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .hint('user_id')
    .lean<SessionDocument[]>();
  return pageOf(found.map(toSession), { limit, cursor: ({ id }) => id });
}

function toStored({ _id, endsAt: _endsAt, ...rest }: SessionDocument): StoredSession {
  return { id: _id, ...rest };
}

/** Without what only the holder of the cookie may use. */
function toSession({
  _id,
  hashes: _hashes,
  proofKey: _key,
  endsAt: _end,
  ...session
}: SessionDocument): Session {
  return { id: _id, ...session };
}

interface SessionDocument extends Omit<StoredSession, 'id'> {
  readonly _id: string;
  /** When it ends unless it is used before. */
  readonly endsAt: Date;
}

const SESSIONS = 'sessions';

const sessionSchema = strictSchema<SessionDocument>({
  _id: String,
  userId: String,
  way: String,
  device: String,
  address: String,
  hashes: [String],
  proofKey: String,
  createdAt: Date,
  lastUsedAt: Date,
  expiresAt: Date,
  rotatedAt: Date,
  confirmedAt: Date,
  endsAt: Date,
});

function sessionModel(connection: Connection): Model<SessionDocument> {
  return connection.model<SessionDocument>(SESSIONS, sessionSchema, SESSIONS);
}
