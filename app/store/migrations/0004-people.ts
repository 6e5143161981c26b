import { createHash } from 'node:crypto';
import type { mongo } from 'mongoose';
import { ROLES } from '../../../src/people/policies.js';
import { DEFAULT_PREFERENCES, THEMES } from '../../../src/people/user.js';
import { typedEndings } from './0002-typed-endings.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { objectOf, setValidators, validator } from './validators.js';

const GIVEN_TEXT = { $gt: '' };

/** Null says nothing about a person, so the unique indexes leave it out. */
const indexes: readonly IndexDefinition[] = [
  {
    collection: 'users',
    name: 'github',
    key: { githubId: 1 },
    unique: true,
    partial: { githubId: { $gt: 0 } },
  },
  {
    collection: 'users',
    name: 'google',
    key: { googleId: 1 },
    unique: true,
    partial: { googleId: GIVEN_TEXT },
  },
  {
    collection: 'users',
    name: 'open_id',
    key: { openIdKey: 1 },
    unique: true,
    partial: { openIdKey: GIVEN_TEXT },
  },
  {
    collection: 'users',
    name: 'proven_email',
    key: { provenEmail: 1 },
    unique: true,
    partial: { provenEmail: GIVEN_TEXT },
  },
  { collection: 'sessions', name: 'cookie', key: { hashes: 1 }, unique: true },
  { collection: 'sessions', name: 'user_id', key: { userId: 1, _id: -1 } },
  { collection: 'sessions', name: 'expiry', key: { endsAt: 1 }, expireAfterSeconds: 0 },
  { collection: 'pendingSignIns', name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  { collection: 'githubConnections', name: 'person', key: { githubId: 1 } },
  { collection: 'githubConnections', name: 'key_id', key: { keyId: 1, _id: 1 } },
  { collection: 'githubConnections', name: 'installation', key: { 'reach.installationIds': 1 } },
  { collection: 'members', name: 'project_user', key: { projectId: 1, userId: 1 }, unique: true },
  { collection: 'members', name: 'user_project', key: { userId: 1, projectId: 1 } },
  {
    collection: 'apiTokens',
    name: 'person',
    key: { 'scope.userId': 1, id: -1 },
    partial: { 'scope.userId': GIVEN_TEXT },
  },
];

const TEXT_OR_NULL = { bsonType: ['string', 'null'] };
const DATE_OR_NULL = { bsonType: ['date', 'null'] };

const preferences = objectOf({
  theme: { enum: THEMES },
  email: 'bool',
  emailOnSuccess: 'bool',
  emailOnFailure: 'bool',
});

const users = validator('users', {
  name: 'string',
  login: TEXT_OR_NULL,
  email: TEXT_OR_NULL,
  emailVerified: 'bool',
  githubId: { bsonType: ['number', 'null'] },
  active: 'bool',
  preferences,
  createdAt: 'date',
  updatedAt: 'date',
});

const apiTokens = validator('apiTokens', {
  scope: objectOf({ kind: { enum: ['run', 'operator', 'user'] } }),
  createdAt: 'date',
});

const fresh = [
  validator('sessions', {
    userId: 'string',
    way: 'string',
    hashes: 'array',
    proofKey: 'string',
    createdAt: 'date',
    lastUsedAt: 'date',
    expiresAt: 'date',
    rotatedAt: 'date',
    endsAt: 'date',
  }),
  validator('pendingSignIns', {
    browser: 'string',
    provider: 'string',
    codeVerifier: 'string',
    returnTo: 'string',
    expiresAt: 'date',
  }),
  validator('githubConnections', {
    githubId: 'number',
    login: 'string',
    accessToken: 'string',
    version: 'number',
    epoch: 'number',
    lease: 'object',
    connectedAt: 'date',
    brokenAt: DATE_OR_NULL,
  }),
  validator('members', {
    projectId: 'string',
    userId: 'string',
    role: { enum: ROLES },
    createdAt: 'date',
    updatedAt: 'date',
  }),
];

const validators = [users, apiTokens, ...fresh];

const CHANGED: readonly string[] = ['users', 'apiTokens'];
const earlier = (typedEndings.validators ?? []).filter(({ collection }) => CHANGED.includes(collection));

interface OldUser {
  readonly _id: number;
  readonly login: string;
  readonly email: string | null;
  readonly avatarUrl: string | null;
  readonly active: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * Until 0.3 the id of a person was GitHub's. The old document is deleted after the new one was written, and the unique index refuses a
 * second new one, so all of it can be run again after a crash.
 */
async function up(db: mongo.Db): Promise<void> {
  await makeIndexes(db, indexes);
  const documents = db.collection('users');
  for await (const old of documents.find({ _id: { $type: 'number' } as never })) {
    const { _id: githubId, ...rest } = old as unknown as OldUser;
    const user = { ...rest, name: rest.login, ...NOT_YET_KNOWN };
    const update = { $setOnInsert: { _id: idFor(githubId) as never, ...user } };
    await documents.updateOne({ githubId }, update, { upsert: true, bypassDocumentValidation: true });
    await documents.deleteOne({ _id: githubId as never });
  }
  await setValidators(db, validators);
}

/** The same each time, so that a return to 0.3 and back changes no person's id. */
function idFor(githubId: number): string {
  return createHash('sha256')
    .update(`github ${String(githubId)}`)
    .digest('hex')
    .slice(0, 24);
}

const NOT_YET_KNOWN = {
  emailVerified: false,
  provenEmail: null,
  googleId: null,
  openId: null,
  openIdKey: null,
  preferences: DEFAULT_PREFERENCES,
  signedInAt: null,
};

/** 0.3 knows people by their id at GitHub only, and neither sessions nor connections: all others must sign up again after a return. */
async function down(db: mongo.Db): Promise<void> {
  await setValidators(db, earlier);
  await db.collection('apiTokens').deleteMany({ 'scope.kind': 'user' });
  const documents = db.collection('users');
  for await (const person of documents.find({ _id: { $type: 'string' } as never })) {
    const { _id, githubId, login, email, avatarUrl, active, createdAt, updatedAt } = person;
    const old = { login: String(login), email, avatarUrl, active, createdAt, updatedAt };
    const options = { upsert: true, bypassDocumentValidation: true };
    if (typeof githubId === 'number') await documents.replaceOne({ _id: githubId as never }, old, options);
    await documents.deleteOne({ _id });
  }
  await dropIndexes(db, indexes);
  for (const { collection } of fresh) await db.collection(collection).drop();
}

/** People get an id of their own and sign in; sessions, connections to GitHub, members of projects and API tokens of people are kept. */
export const people: Migration = { version: 4, name: 'people', indexes, validators, up, down };
