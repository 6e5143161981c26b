import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection, mongo } from 'mongoose';
import { createStores } from '../../../../app/store/connect.js';
import { migrate } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { DELIVERY_STATUS, DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { delivery, newDeployment, newEnvironment, pullRequest } from '../../../support/builders.js';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

let database: TestDatabase;
let connection: Connection;
let db: mongo.Db;

beforeEach(async () => {
  database = testDatabase();
  connection = await openConnection({ uri: database.uri, log: silent });
  db = connection.getClient().db(connection.name);
  await migrate({ connection, log: silent });
});

afterEach(async () => {
  await connection.destroy();
  await database.drop();
});

const BEFORE = 8;
const decision = { action: 'destroy', rule: 'expired', detail: 'Too old.' } as const;

/** What a server writes today: an environment with an ended deployment, and deliveries. */
async function fill(): Promise<{ environmentId: string; deploymentId: string }> {
  const { environments, deployments, inbox } = createStores(connection);
  const environment = await environments.ensure(newEnvironment({ pullRequest: pullRequest(), decision }));
  const made = await deployments.ensure(newDeployment({ environmentId: environment.id }));
  await deployments.change(made, {
    status: DEPLOYMENT_STATUS.success,
    startedAt: new Date('2026-11-28T10:00:00Z'),
    completedAt: new Date('2026-11-28T10:00:42Z'),
  });
  const keep = { action: 'keep', rule: 'x', detail: 'x', environmentIds: [] };
  await inbox.store([
    { ...delivery({ guid: 'of-github' }), repository: 'octo/site', pullRequest: 7 },
    { ...delivery({ guid: 'gitlab-1' }), provider: 'gitlab', decision: keep },
  ]);
  return { environmentId: environment.id, deploymentId: made.id };
}

test('taken back and applied again, the data of an earlier version is counted, named and listed', async () => {
  const { environmentId, deploymentId } = await fill();
  await migrate({ connection, log: silent, to: BEFORE });
  const older = await db.collection<{ _id: string }>('deployments').findOne({ _id: deploymentId });
  for (const field of ['tally', 'endings', 'environment', 'pullRequest'])
    expect(older).not.toHaveProperty(field);
  const left = await db.collection<{ _id: string }>('webhookDeliveries').find().toArray();
  expect(left).toMatchObject([{ _id: 'of-github', status: DELIVERY_STATUS.stored }]);
  expect(left[0]).not.toHaveProperty('provider');

  await migrate({ connection, log: silent });
  const { deployments, statistics, environments, inbox } = createStores(connection);
  const tally = { day: '2026-11-28', status: DEPLOYMENT_STATUS.success, seconds: 42 };
  expect(await deployments.get(deploymentId)).toMatchObject({
    tally,
    endings: [],
    environment: 'pr-1',
    pullRequest: { number: 7, title: 'Add a page' },
  });
  const { items } = await deployments.list({ scope: { environmentId }, filter: {}, page: { limit: 5 } });
  expect(items.map(({ id }) => id)).toEqual([deploymentId]);
  const span = { from: '2026-11-28', to: '2026-11-28' };
  expect(await statistics.days(span)).toMatchObject([{ counts: { [DEPLOYMENT_STATUS.success]: 1 } }]);
  expect(await environments.steps(environmentId)).toMatchObject([
    { ...decision, source: { kind: 'server' } },
  ]);
  expect(await inbox.get('of-github')).toMatchObject({ provider: 'github', pullRequest: null });
});

test('applied once more after a crash, it changes nothing', async () => {
  const { deploymentId } = await fill();
  const before = await db.collection<{ _id: string }>('deployments').findOne({ _id: deploymentId });
  await db.collection<{ _id: string }>('migrations').deleteOne({ _id: '0009' });
  await migrate({ connection, log: silent });
  expect(await db.collection<{ _id: string }>('deployments').findOne({ _id: deploymentId })).toEqual(before);
});

test('the database refuses an unknown provider, status or counter', async () => {
  const insert = (collection: string, document: object) => db.collection(collection).insertOne(document);
  const fields = { event: 'x', body: Buffer.from('{}'), receivedAt: new Date(), readyAt: new Date() };
  const stored = { ...fields, status: DELIVERY_STATUS.stored };
  await insert('webhookDeliveries', stored);
  const refused: [string, object][] = [
    ['webhookDeliveries', { ...stored, provider: 'gitea' }],
    ['webhookDeliveries', { ...stored, status: 'lost' }],
    ['deploymentStatistics', { scope: 'server' }],
    ['deploymentStatistics', { scope: 'server', day: 'x', counts: { lost: 1 } }],
  ];
  for (const [collection, document] of refused)
    await expect(insert(collection, document)).rejects.toMatchObject({ code: 121 });
});
