import type { Connection, Model } from 'mongoose';
import { hashToken } from '../../../src/people/api-token.js';
import type { PendingSignIn, PendingSignInStore } from '../../../src/people/sign-in.js';
import { MAX_TIME_MS, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, retryOnce } from '../shared/write.js';

const OPTIONS = { maxTimeMS: MAX_TIME_MS } as const;
const EXPIRY = { hint: 'expiry', ...OPTIONS } as const;

/** Browsers that were sent to a provider, by the hash of the state that they must bring back. */
export function pendingSignInStore(connection: Connection): PendingSignInStore {
  const { collection } = pendingModel(connection);
  return {
    async create({ state, ...pending }) {
      const document = { _id: hashToken(text(state, 'the state')) as never, ...pending };
      await retryOnce(() => insertedOrThere(collection.insertOne(document)));
    },
    // Not retried: after a lost answer it is unknown whether the state was used. The person begins again.
    async take({ state, browser, provider, now }) {
      const where = {
        _id: hashToken(text(state, 'the state')) as never,
        browser: text(browser, 'the browser'),
        provider: text(provider, 'the provider'),
      };
      const found = (await collection.findOneAndDelete(where, OPTIONS)) as unknown as PendingDocument | null;
      if (!found || found.expiresAt <= now) return null;
      return { ...pendingOf(found), state };
    },
    deleteExpired: async (before) =>
      (await collection.deleteMany({ expiresAt: { $lt: before } }, EXPIRY)).deletedCount,
  };
}

function pendingOf({ _id, ...pending }: PendingDocument): Omit<PendingSignIn, 'state'> {
  return pending;
}

interface PendingDocument extends Omit<PendingSignIn, 'state'> {
  readonly _id: string;
}

const PENDING = 'pendingSignIns';

const pendingSchema = strictSchema<PendingDocument>({
  _id: String,
  browser: String,
  provider: String,
  nonce: String,
  codeVerifier: String,
  returnTo: String,
  linkTo: String,
  expiresAt: Date,
});

function pendingModel(connection: Connection): Model<PendingDocument> {
  return connection.model<PendingDocument>(PENDING, pendingSchema, PENDING);
}
