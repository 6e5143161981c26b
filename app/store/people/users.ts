import { LRUCache } from 'lru-cache';
import type { Connection, Model } from 'mongoose';
import type { User, UserStore } from '../../../src/people/user.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { isDuplicateKey, retryOnce } from '../shared/write.js';

type Seen = Omit<User, 'active'>;

/** GitHub users. Fields that an event leaves out, such as e-mail, keep their stored value. */
export function userStore(connection: Connection): UserStore {
  const model = userModel(connection);
  const find = (githubId: number) => model.findOne({ _id: whole(githubId, 'the id') }).lean<UserDocument>();
  const recent = new LRUCache<number, User>({ max: REMEMBERED, ttl: REMEMBERED_MS });
  return {
    async saveFromGitHub(seen) {
      // Most events name a user without changes: then nothing is written, and for a while nothing is read.
      const before = recent.get(seen.githubId);
      if (before && isUnchanged(before, seen)) return before;
      const known = await find(seen.githubId);
      const user =
        known && isUnchanged(known, seen) ? toUser(known) : await retryOnce(() => saveOnce(model, seen));
      recent.set(seen.githubId, user);
      return user;
    },
    async get(id) {
      const found = /^\d{1,15}$/.test(id) ? await find(Number(id)) : null;
      return found && toUser(found);
    },
    async byGitHubId(githubId) {
      const found = await find(githubId);
      return found && toUser(found);
    },
  };
}

const REMEMBERED = 1_000;
/** How long a person who is seen again as before is not looked for in the database. */
const REMEMBERED_MS = 10 * 60_000;

/** Two concurrent inserts: the second becomes an update. */
function saveOnce(model: Model<UserDocument>, seen: Seen): Promise<User> {
  return save(model, seen).catch((error: unknown) => {
    if (isDuplicateKey(error)) return save(model, seen);
    throw error;
  });
}

function isUnchanged(
  known: Pick<User, 'login' | 'email' | 'avatarUrl'>,
  { login, email, avatarUrl }: Seen,
): boolean {
  const same = (before: string | null, now: string | null) => now === null || now === before;
  return known.login === login && same(known.email, email) && same(known.avatarUrl, avatarUrl);
}

async function save(model: Model<UserDocument>, { githubId, login, email, avatarUrl }: Seen): Promise<User> {
  const now = new Date();
  const known = { ...(email !== null && { email }), ...(avatarUrl !== null && { avatarUrl }) };
  const unknown = { ...(email === null && { email }), ...(avatarUrl === null && { avatarUrl }) };
  const stored = await model
    .findOneAndUpdate(
      { _id: whole(githubId, 'the id') },
      {
        $set: { login: text(login, 'the login'), ...known, updatedAt: now },
        $setOnInsert: { ...unknown, active: true, createdAt: now },
      },
      { upsert: true, returnDocument: 'after' },
    )
    .lean<UserDocument>();
  if (!stored) throw new VitrineError('unavailable', `User ${githubId} could not be stored: try again.`);
  return toUser(stored);
}

function toUser({ _id, login, email, avatarUrl, active }: UserDocument): User {
  return { githubId: _id, login, email, avatarUrl, active };
}

interface UserDocument extends Omit<User, 'githubId'> {
  /** GitHub's id: logins are renamed and given to others. */
  readonly _id: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const USERS = 'users';

const userSchema = strictSchema<UserDocument>({
  _id: Number,
  login: String,
  email: String,
  avatarUrl: String,
  active: Boolean,
  createdAt: Date,
  updatedAt: Date,
});

function userModel(connection: Connection): Model<UserDocument> {
  return connection.model<UserDocument>(USERS, userSchema, USERS);
}
