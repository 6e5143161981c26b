import type { mongo } from 'mongoose';
import { ROLES } from '../../../src/people/policies.js';
import { CHANNEL_EVENTS, CHANNEL_KINDS } from '../../../src/shared/notification-words.js';
import { NOTIFICATION_STATUS } from '../../../src/shared/status/words.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, validator, type ValidatorDefinition } from './validators.js';

const SINCE = { $gt: new Date(0) };

const links = (collection: string): readonly IndexDefinition[] => [
  { collection, name: 'token_hash', key: { tokenHash: 1 } },
  { collection, name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
];

const announced = (collection: string): IndexDefinition => ({
  collection,
  name: 'announced',
  key: { announcedAt: 1 },
  partial: { announcedAt: SINCE },
});

const notifications = (
  [
    { name: 'key', key: { key: 1 }, unique: true },
    { name: 'due', key: { nextAt: 1 }, partial: { nextAt: SINCE } },
    { name: 'project_id', key: { projectId: 1, _id: -1 } },
    { name: 'project_status_id', key: { projectId: 1, status: 1, _id: -1 } },
    { name: 'channel_id', key: { channelId: 1, _id: -1 } },
    { name: 'created', key: { createdAt: 1 } },
  ] as const
).map((index): IndexDefinition => ({ collection: 'notifications', ...index }));

const indexes: readonly IndexDefinition[] = [
  ...links('passwordResets'),
  ...links('emailVerifications'),
  { collection: 'invitations', name: 'email_project', key: { email: 1, projectId: 1 }, unique: true },
  { collection: 'invitations', name: 'project_id', key: { projectId: 1, _id: -1 } },
  { collection: 'invitations', name: 'expiry', key: { expiresAt: 1 }, expireAfterSeconds: 0 },
  { collection: 'notificationChannels', name: 'project_id', key: { projectId: 1, _id: 1 } },
  { collection: 'notificationChannels', name: 'key_id', key: { keyId: 1, _id: 1 } },
  ...notifications,
  announced('deployments'),
  announced('environments'),
];

const link = { tokenHash: 'string', createdAt: 'date', expiresAt: 'date' } as const;

const validators = [
  validator('passwords', { hash: 'string', updatedAt: 'date' }),
  validator('passwordResets', link),
  validator('emailVerifications', link),
  validator('invitations', {
    ...{ projectId: 'string', email: 'string', role: { enum: [...ROLES] }, by: 'string' },
    ...{ createdAt: 'date', expiresAt: 'date' },
  }),
  channelRules(CHANNEL_EVENTS),
  validator('notifications', {
    ...{ key: 'string', medium: { enum: [...CHANNEL_KINDS, 'email'] }, event: 'string' },
    ...{ status: { enum: Object.values(NOTIFICATION_STATUS) }, attempts: 'number', createdAt: 'date' },
  }),
];

/** A later version knows more events: its migration sets them for databases that are there. */
export function channelRules(events: readonly string[]): ValidatorDefinition {
  return validator('notificationChannels', {
    ...{ projectId: 'string', kind: { enum: [...CHANNEL_KINDS] }, name: 'string', host: 'string' },
    events: { bsonType: 'array', items: { enum: [...events] } },
    ...{ active: 'bool', sealed: 'string', keyId: 'string', createdAt: 'date', updatedAt: 'date' },
  });
}

async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** What an earlier version has no use for stays, so that a way back up loses nothing. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await removeValidators(db, validators);
  for (const collection of ['deployments', 'environments'])
    await db.collection(collection).updateMany({ announcedAt: SINCE }, { $unset: { announcedAt: '' } });
}

/** Passwords with their links, invitations, and notifications with their channels. */
export const accountsAndNotifications: Migration = {
  version: 5,
  name: 'accounts-and-notifications',
  indexes,
  validators,
  up,
  down,
};
