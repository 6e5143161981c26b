import type { mongo } from 'mongoose';
import { CHANNEL_EVENTS } from '../../../src/shared/notification-words.js';
import { CONTAINER_STATUS } from '../../../src/shared/status/words.js';
import { channelRules } from './0005-accounts-and-notifications.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, validator } from './validators.js';

const indexes: readonly IndexDefinition[] = [
  { collection: 'containers', name: 'environment_id', key: { environmentId: 1, _id: -1 } },
  {
    collection: 'containers',
    name: 'deployment_engine',
    key: { deploymentId: 1, engineId: 1 },
    unique: true,
  },
  { collection: 'healthChecks', name: 'brief', key: { checkedAt: 1 }, partial: { brief: true } },
];

const UNHEALTHY = 'environment.unhealthy';

const made = [
  validator('containers', {
    environmentId: 'string',
    deploymentId: 'string',
    target: 'string',
    engineId: 'string',
    service: 'string',
    image: 'string',
    host: { bsonType: ['string', 'null'] },
    port: { bsonType: ['number', 'null'] },
    status: { enum: Object.values(CONTAINER_STATUS) },
    startedAt: 'date',
    stoppedAt: { bsonType: ['date', 'null'] },
  }),
];

const validators = [...made, channelRules(CHANNEL_EVENTS)];

async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** Earlier versions start no programs, and tell no channel that one does not answer. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await removeValidators(db, made);
  await db.collection('containers').deleteMany({});
  const channels = db.collection<{ readonly events: readonly string[] }>('notificationChannels');
  await channels.updateMany({ events: UNHEALTHY }, { $pull: { events: UNHEALTHY } });
  await setValidators(db, [channelRules(CHANNEL_EVENTS.filter((event) => event !== UNHEALTHY))]);
}

/** What runs for deployments, and which health checks are kept for an hour only. */
export const containers: Migration = { version: 12, name: 'containers', indexes, validators, up, down };
