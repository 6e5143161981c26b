import { LRUCache } from 'lru-cache';
import { type Connection, type Model, type mongo, Schema } from 'mongoose';
import {
  type Account,
  DEFAULT_PREFERENCES,
  emailKey,
  type NewUser,
  type ProviderName,
  type SeenPerson,
  type User,
  type UserFilter,
  type UserPatch,
  type UserStore,
} from '../../../src/people/user.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { cursorOf, limitOf, onlyKeys, pageOf, text, whole } from '../shared/query.js';
import { driverOf, strictSchema, TIMED } from '../shared/schema.js';
import { insertedOrThere, isDuplicateKey, newId, retryOnce } from '../shared/write.js';

/** People, by an id of their own. Their accounts at providers and their proven addresses are unique. */
export function userStore(connection: Connection): UserStore {
  const model = userModel(connection);
  const find = async (filter: mongo.Filter<UserDocument>) => {
    const found = await driverOf(model).findOne(filter, TIMED);
    return found && toUser(found);
  };
  return {
    saveFromGitHub: createSaveFromGitHub(model),
    byGitHubId: async (githubId) => find({ githubId: whole(githubId, 'the id') }),
    async byLogin(login) {
      const filter = { login: text(login, 'the login') };
      const found = await driverOf(model).findOne(filter, { ...TIMED, sort: { updatedAt: -1, _id: -1 } });
      return found && toUser(found);
    },
    get: async (id) => find({ _id: text(id, 'the id') }),
    byAccount: async (account) => find(accountFilter(account)),
    byProvenEmail: async (email) => find({ provenEmail: emailKey(text(email, 'the address')) }),
    async create(fresh) {
      const document = newDocument(fresh);
      const inserted = await retryOnce(() =>
        insertedOrSame(model, insertedOrThere(model.collection.insertOne(document as never)), document._id),
      );
      return inserted ? toUser(document) : null;
    },
    change: (id, patch) => retryOnce(() => change(model, text(id, 'the id'), patch)),
    async disconnect(seen, provider) {
      const set = { $set: { ...WITHOUT[provider], updatedAt: new Date() } };
      const stored = await retryOnce(() =>
        model.collection.findOneAndUpdate(accountsFilter(seen) as never, set, AFTER),
      );
      return stored && toUser(stored as unknown as UserDocument);
    },
    async remove(id) {
      await retryOnce(() => model.deleteOne({ _id: text(id, 'the id') }));
    },
    list: (filter, page) => listUsers(model, { filter, page }),
  };
}

const SEARCHED = ['name', 'login', 'email'] as const;

function containing(search: string): readonly object[] {
  const $regex = text(search, 'the search').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return SEARCHED.map((field) => ({ [field]: { $regex, $options: 'i' } }));
}

async function listUsers(
  model: Model<UserDocument>,
  { filter, page }: { readonly filter: UserFilter; readonly page: PageRequest },
): Promise<Page<User>> {
  onlyKeys(filter, ['active', 'search']);
  const { active, search } = filter;
  const limit = limitOf(page);
  const after = cursorOf(page, /^[0-9a-f]{24}$/);
  const where: object = {
    active: { $in: active === undefined ? [true, false] : [active === true] },
    ...(after && { _id: { $lt: after[0] } }),
    ...(search !== undefined && { $or: [...containing(search)] }),
  };
  const found = await driverOf(model)
    .find(where as mongo.Filter<UserDocument>, { ...TIMED, hint: 'active_id' })
    .sort({ _id: -1 })
    .limit(limit + 1)
    .toArray();
  return pageOf(found.map(toUser), { limit, cursor: ({ id }) => id });
}

const WITHOUT: Readonly<Record<ProviderName, Partial<UserDocument>>> = {
  // Webhooks find the person again by GitHub's id, as a person who never signed in.
  github: { githubId: null, login: null },
  google: { googleId: null },
  openid: { openId: null, openIdKey: null },
};

/** The person while they have these very accounts. */
function accountsFilter({ id, githubId, googleId, openId }: User): object {
  return {
    _id: text(id, 'the id'),
    githubId: githubId === null ? null : whole(githubId, "GitHub's id"),
    googleId: googleId === null ? null : text(googleId, "Google's id"),
    openIdKey: openId && openIdKey(openId),
  };
}

/** After a lost answer the insert is repeated: a duplicate may be the document itself. */
async function insertedOrSame(
  model: Model<UserDocument>,
  inserted: Promise<boolean>,
  id: string,
): Promise<boolean> {
  return (await inserted) || (await model.exists({ _id: id })) !== null;
}

function accountFilter(account: Account): object {
  if (account.provider === 'github') return { githubId: whole(account.id, 'the id') };
  if (account.provider === 'google') return { googleId: text(account.id, 'the id') };
  const { issuer, subject } = account;
  return {
    openIdKey: openIdKey({ issuer: text(issuer, 'the issuer'), subject: text(subject, 'the subject') }),
  };
}

async function change(model: Model<UserDocument>, id: string, patch: UserPatch): Promise<User | null> {
  const known = await model.findOne({ _id: id }).lean<UserDocument>();
  if (!known) return null;
  const fields = { ...patch, ...keysOf({ ...known, ...patch }), updatedAt: new Date() };
  // The address decides about the key of another field, so the address must still be the one that was read.
  const where = { _id: id as never, email: known.email, emailVerified: known.emailVerified };
  try {
    const stored = await model.collection.findOneAndUpdate(where, { $set: fields }, AFTER);
    return stored ? toUser(stored as unknown as UserDocument) : await change(model, id, patch);
  } catch (error) {
    if (isDuplicateKey(error)) throw new VitrineError('conflict', TAKEN, { cause: error });
    throw error;
  }
}

const AFTER = { ...TIMED, returnDocument: 'after' } as const;
const TAKEN =
  'Another person of this server has this account or this address already: sign in as them instead.';

/** Most events name a person without changes: then nothing is written, and for a while nothing is read. */
function createSaveFromGitHub(model: Model<UserDocument>): UserStore['saveFromGitHub'] {
  const recent = new LRUCache<number, User>({ max: REMEMBERED, ttl: REMEMBERED_MS });
  return async (seen) => {
    const before = recent.get(seen.githubId);
    if (before && isUnchanged(before, seen)) return before;
    const githubId = whole(seen.githubId, 'the id');
    const known = await driverOf(model).findOne({ githubId }, TIMED);
    const user =
      known && isUnchanged(known, seen) ? toUser(known) : await retryOnce(() => saveOnce(model, seen, known));
    recent.set(seen.githubId, user);
    return user;
  };
}

const REMEMBERED = 1_000;
/** How long a person who is seen again as before is not looked for in the database. */
const REMEMBERED_MS = 10 * 60_000;

/** Two concurrent inserts: the second becomes an update. */
function saveOnce(model: Model<UserDocument>, seen: SeenPerson, known: UserDocument | null): Promise<User> {
  return save(model, seen, known).catch((error: unknown) => {
    if (isDuplicateKey(error)) return save(model, seen, known);
    throw error;
  });
}

type Seen = Pick<User, 'login' | 'email' | 'emailVerified' | 'avatarUrl'>;

/** Fields that an event leaves out, such as the address, keep their stored value; so does a proven address. */
function isUnchanged(known: Seen, { login, email, avatarUrl }: SeenPerson): boolean {
  const same = (before: string | null, now: string | null) => now === null || now === before;
  const sameEmail = known.emailVerified || same(known.email, email);
  return known.login === login && sameEmail && same(known.avatarUrl, avatarUrl);
}

async function save(
  model: Model<UserDocument>,
  { githubId, login, email, avatarUrl }: SeenPerson,
  known: UserDocument | null,
): Promise<User> {
  const now = new Date();
  const fresh = newDocument({
    ...{ name: login, login, email, emailVerified: false, avatarUrl, githubId },
    ...{ googleId: null, openId: null },
  });
  const changed: Partial<UserDocument> = {
    login: text(login, 'the login'),
    ...(known && known.name === known.login && { name: login }),
    ...(email !== null && known?.emailVerified !== true && { email }),
    ...(avatarUrl !== null && { avatarUrl }),
    updatedAt: now,
  };
  const others = Object.entries(fresh).filter(([name]) => !(name in changed) && name !== 'githubId');
  const stored = await model.collection.findOneAndUpdate(
    { githubId: whole(githubId, 'the id') },
    { $set: changed, $setOnInsert: Object.fromEntries(others) },
    { upsert: true, ...AFTER },
  );
  if (!stored) throw new VitrineError('unavailable', `User ${githubId} could not be stored: try again.`);
  return toUser(stored as unknown as UserDocument);
}

function newDocument(fresh: NewUser): UserDocument {
  const now = new Date();
  const { name, login, email, emailVerified, avatarUrl, githubId, googleId, openId } = fresh;
  const user = { name, login, email, emailVerified, avatarUrl, githubId, googleId, openId };
  return {
    _id: newId(),
    ...user,
    ...keysOf(user),
    active: true,
    preferences: DEFAULT_PREFERENCES,
    signedInAt: null,
    createdAt: now,
    updatedAt: now,
  };
}

/** What the unique indexes compare. */
function keysOf({ email, emailVerified, openId }: Pick<User, 'email' | 'emailVerified' | 'openId'>) {
  return {
    provenEmail: emailVerified && email !== null ? emailKey(email) : null,
    openIdKey: openId && openIdKey(openId),
  };
}

/** Issuers are addresses, which hold no spaces. */
function openIdKey({ issuer, subject }: { issuer: string; subject: string }): string {
  return `${issuer} ${subject}`;
}

function toUser({ _id, provenEmail: _proven, openIdKey: _key, ...rest }: UserDocument): User {
  return { id: _id, ...rest };
}

export interface UserDocument extends Omit<User, 'id'> {
  readonly _id: string;
  readonly provenEmail: string | null;
  readonly openIdKey: string | null;
}

export const USERS = 'users';

const userSchema = strictSchema<UserDocument>({
  _id: String,
  name: String,
  login: String,
  email: String,
  emailVerified: Boolean,
  provenEmail: String,
  avatarUrl: String,
  githubId: Number,
  googleId: String,
  openId: Schema.Types.Mixed,
  openIdKey: String,
  active: Boolean,
  preferences: Schema.Types.Mixed,
  signedInAt: Date,
  createdAt: Date,
  updatedAt: Date,
});

function userModel(connection: Connection): Model<UserDocument> {
  return connection.model<UserDocument>(USERS, userSchema, USERS);
}
