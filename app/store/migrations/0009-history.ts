import type { mongo } from 'mongoose';
import { PROVIDERS } from '../../../src/deliveries/store.js';
import { DELIVERY_STATUS, DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { UNSETTLED_DEPLOYMENTS } from '../../../src/shared/status/deployment.js';
import { recount } from '../deployments/recount.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { removeValidators, setValidators, type ValidatorDefinition } from './validators.js';

const NEWEST_RECEIVED = { receivedAt: -1, _id: -1 } as const;
const DECIDED = { 'decision.rule': { $gt: '' } };
const RETAINED = { status: DELIVERY_STATUS.retained };

/** Together with `status_received` and `repo_status_received`, one for each filter that the list of deliveries offers. */
const deliveries = [
  {
    name: 'repo_pull_received',
    key: { repoId: 1, pullRequest: 1, ...NEWEST_RECEIVED },
    partial: { pullRequest: { $gt: 0 } },
  },
  { name: 'rule_received', key: { 'decision.rule': 1, ...NEWEST_RECEIVED }, partial: DECIDED },
  {
    name: 'repo_rule_received',
    key: { repoId: 1, 'decision.rule': 1, ...NEWEST_RECEIVED },
    partial: DECIDED,
  },
  { name: 'event_received', key: { event: 1, ...NEWEST_RECEIVED } },
  { name: 'repo_event_received', key: { repoId: 1, event: 1, ...NEWEST_RECEIVED } },
  { name: 'provider_received', key: { provider: 1, ...NEWEST_RECEIVED }, partial: RETAINED },
  {
    name: 'provider_repository_received',
    key: { provider: 1, repository: 1, ...NEWEST_RECEIVED },
    partial: RETAINED,
  },
].map((index) => ({ collection: 'webhookDeliveries', ...index }) as IndexDefinition);

/** Deleted deployments are in none of them. Each ends with the status and the id: see `app/store/deployments/list.ts`. */
const LISTED = { deletedAt: null };
const NEWEST = { status: 1, _id: -1 } as const;

const deployments = [
  { name: 'listed', key: NEWEST, partial: LISTED },
  { name: 'listed_project', key: { projectId: 1, ...NEWEST }, partial: LISTED },
  { name: 'listed_project_branch', key: { projectId: 1, branch: 1, ...NEWEST }, partial: LISTED },
  { name: 'listed_project_author', key: { projectId: 1, author: 1, ...NEWEST }, partial: LISTED },
  { name: 'listed_project_creator', key: { projectId: 1, creator: 1, ...NEWEST }, partial: LISTED },
  { name: 'listed_environment', key: { environmentId: 1, ...NEWEST }, partial: LISTED },
  { name: 'listed_sha', key: { sha: 1, ...NEWEST }, partial: LISTED },
  { name: 'endings', key: { 'endings.key': 1 }, partial: { 'endings.key': { $gt: '' } } },
].map((index) => ({ collection: 'deployments', ...index }) as IndexDefinition);

const indexes: readonly IndexDefinition[] = [
  ...deliveries,
  ...deployments,
  { collection: 'environments', name: 'decision_status', key: { 'decision.action': 1, status: 1 } },
  { collection: 'auditLog', name: 'subject_id', key: { subject: 1, _id: -1 } },
];

function deliveryRules(statuses: readonly string[], more: mongo.Document = {}): ValidatorDefinition {
  return {
    collection: 'webhookDeliveries',
    schema: {
      bsonType: 'object',
      required: ['event', 'body', 'receivedAt', 'readyAt', 'status'],
      properties: {
        event: { bsonType: 'string' },
        body: { bsonType: 'binData' },
        receivedAt: { bsonType: 'date' },
        readyAt: { bsonType: 'date' },
        status: { enum: statuses },
        ...more,
      },
    },
  };
}

const EARLIER_STATUSES = Object.values(DELIVERY_STATUS).filter((word) => word !== DELIVERY_STATUS.retained);

const count = { bsonType: 'number' };

const validators: readonly ValidatorDefinition[] = [
  // Not required: while a server is replaced, the older program stores webhooks without it.
  deliveryRules(Object.values(DELIVERY_STATUS), { provider: { enum: PROVIDERS } }),
  {
    collection: 'deploymentStatistics',
    schema: {
      bsonType: 'object',
      required: ['scope', 'day'],
      properties: {
        scope: { bsonType: 'string' },
        day: { bsonType: 'string' },
        revision: count,
        counts: {
          bsonType: 'object',
          properties: Object.fromEntries(Object.values(DEPLOYMENT_STATUS).map((word) => [word, count])),
          additionalProperties: false,
        },
      },
    },
  },
];

const END = { $ifNull: ['$completedAt', '$updatedAt'] };

const TALLY = {
  $cond: [
    { $in: ['$status', [...UNSETTLED_DEPLOYMENTS]] },
    null,
    {
      day: { $dateToString: { date: END, format: '%Y-%m-%d' } },
      status: '$status',
      seconds: {
        $cond: [
          { $eq: [{ $type: '$startedAt' }, 'date'] },
          { $round: [{ $divide: [{ $max: [0, { $subtract: [END, '$startedAt'] }] }, 1_000] }, 1] },
          null,
        ],
      },
    },
  ],
};

/** Of earlier decisions, only the last one was kept. */
const LAST_DECISION = {
  $cond: [
    { $eq: [{ $type: '$decision' }, 'object'] },
    [
      {
        action: '$decision.action',
        rule: '$decision.rule',
        detail: '$decision.detail',
        actor: 'vitrine',
        source: { kind: 'server', id: null },
        at: '$updatedAt',
        status: '$status',
        generation: '$generation',
        sha: { $ifNull: ['$head.sha', null] },
      },
    ],
    [],
  ],
};

/** Each step finds only what it has not changed yet, so all of them can be run again after a crash. */
async function up(db: mongo.Db): Promise<void> {
  await setValidators(db, validators);
  await db
    .collection('webhookDeliveries')
    .updateMany({ provider: { $exists: false } }, { $set: { provider: 'github' } });
  await db
    .collection('deployments')
    .updateMany({ tally: { $exists: false } }, [{ $set: { tally: TALLY, endings: [] } }]);
  await nameEnvironments(db);
  await db
    .collection('environments')
    .updateMany({ steps: { $exists: false } }, [{ $set: { steps: LAST_DECISION } }]);
  await makeIndexes(db, indexes);
  await recount(db);
}

interface Named {
  readonly _id: string;
  readonly name: string;
  readonly pullRequest?: { readonly number: number; readonly title: string } | null;
}

/** By the index `environment_id`. */
async function nameEnvironments(db: mongo.Db): Promise<void> {
  const projection = { name: 1, 'pullRequest.number': 1, 'pullRequest.title': 1 };
  for await (const { _id, name, pullRequest } of db
    .collection<Named>('environments')
    .find({}, { projection })) {
    const set = { environment: name, pullRequest: pullRequest?.number === undefined ? null : pullRequest };
    await db
      .collection('deployments')
      .updateMany({ environmentId: _id, environment: { $exists: false } }, { $set: set });
  }
}

/** An earlier version cannot read what is kept for GitLab and Bitbucket, and has no statistics. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  const received = db.collection('webhookDeliveries');
  await received.deleteMany({ status: DELIVERY_STATUS.retained });
  await received.updateMany(
    { provider: { $exists: true } },
    { $unset: { provider: '', repository: '', pullRequest: '', headers: '', replays: '' } },
  );
  await setValidators(db, [deliveryRules(EARLIER_STATUSES)]);
  await db.collection('deployments').updateMany(
    { tally: { $exists: true } },
    {
      $unset: {
        tally: '',
        endings: '',
        environment: '',
        pullRequest: '',
        triggeredBy: '',
        committedAt: '',
      },
    },
  );
  await db.collection('environments').updateMany({ steps: { $exists: true } }, { $unset: { steps: '' } });
  await removeValidators(
    db,
    validators.filter(({ collection }) => collection === 'deploymentStatistics'),
  );
  for (const name of ['deploymentStatistics', 'marks'])
    if ((await db.listCollections({ name }).toArray()).length > 0) await db.collection(name).drop();
}

/** Deployments are listed and counted, webhooks are searched, and each environment keeps why it is what it is. */
export const history: Migration = { version: 9, name: 'history', indexes, validators, up, down };
