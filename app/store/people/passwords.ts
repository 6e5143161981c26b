import type { Connection, Model } from 'mongoose';
import type { LinkStore, PasswordStore } from '../../../src/people/password.js';
import { MAX_TIME_MS, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';

/** The hashes of passwords, by person. */
export function passwordStore(connection: Connection): PasswordStore {
  const model = passwordModel(connection);
  return {
    async get(userId) {
      const found = await model.findOne({ _id: text(userId, 'the person') }).lean<PasswordDocument>();
      return found?.hash ?? null;
    },
    async set(userId, hash) {
      const filter = { _id: text(userId, 'the person') as never };
      const update = { $set: { hash: text(hash, 'the hash') }, $currentDate: { updatedAt: true } } as const;
      await retryOnce(() =>
        model.collection.updateOne(filter, update, { upsert: true, maxTimeMS: MAX_TIME_MS }),
      );
    },
    async remove(userId) {
      await model.deleteOne({ _id: text(userId, 'the person') });
    },
  };
}

interface PasswordDocument {
  /** The person. */
  readonly _id: string;
  readonly hash: string;
  readonly updatedAt: Date;
}

export const PASSWORDS = 'passwords';

const passwordSchema = strictSchema<PasswordDocument>({ _id: String, hash: String, updatedAt: Date });

function passwordModel(connection: Connection): Model<PasswordDocument> {
  return connection.model<PasswordDocument>(PASSWORDS, passwordSchema, PASSWORDS);
}

export const PASSWORD_RESETS = 'passwordResets';
export const EMAIL_VERIFICATIONS = 'emailVerifications';

/** One document for each owner, so that a newer link takes the place of the one before, also when two are made at once. */
export function linkStore(
  connection: Connection,
  collection: typeof PASSWORD_RESETS | typeof EMAIL_VERIFICATIONS,
): LinkStore {
  const model = linkModel(connection, collection);
  const good = (hash: string, now: Date) => ({
    tokenHash: text(hash, 'the hash'),
    usedAt: null,
    expiresAt: { $gt: now },
  });
  const options = { hint: { tokenHash: 1 }, maxTimeMS: MAX_TIME_MS };
  return {
    async save({ owner, hash, createdAt, expiresAt }) {
      const link = { tokenHash: text(hash, 'the hash'), createdAt, expiresAt, usedAt: null };
      const filter = { _id: text(owner, 'the owner') as never };
      await retryOnce(() =>
        model.collection.replaceOne(filter, link, { upsert: true, maxTimeMS: MAX_TIME_MS }),
      );
    },
    async find(hash, now) {
      const found = await model.collection.findOne(good(hash, now), options);
      return found === null ? null : String(found._id);
    },
    // Not retried: after a lost answer it is unknown whether this call used the link. The person can ask for a new one.
    async use(hash, now) {
      const used = await model.collection.findOneAndUpdate(
        good(hash, now),
        { $set: { usedAt: now } },
        options,
      );
      return used === null ? null : String(used._id);
    },
    async deleteExpired(before) {
      const ended = { expiresAt: { $lt: before } };
      return (await model.collection.deleteMany(ended, { hint: 'expiry', maxTimeMS: MAX_TIME_MS }))
        .deletedCount;
    },
  };
}

interface LinkDocument {
  /** The person, or the address of one who has no account yet. */
  readonly _id: string;
  /** Of what the link holds; the link itself is kept nowhere. */
  readonly tokenHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly usedAt: Date | null;
}

const linkSchema = strictSchema<LinkDocument>({
  _id: String,
  tokenHash: String,
  createdAt: Date,
  expiresAt: Date,
  usedAt: Date,
});

function linkModel(connection: Connection, collection: string): Model<LinkDocument> {
  return connection.model<LinkDocument>(collection, linkSchema, collection);
}
