import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Connection, mongo } from 'mongoose';
import { kindAndReach } from '../../../../app/store/migrations/0003-kind-and-reach.js';
import { migrate } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { startApp } from '../../../support/start-app.js';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

type Documents = Readonly<Record<string, readonly { readonly _id: string }[]>>;

/** Written by version 0.1: one of its pull requests is live, served from files. */
const FIXTURE = new URL('../../../fixtures/data-of-0.1.json', import.meta.url);
const DATA = mongo.BSON.EJSON.parse(readFileSync(FIXTURE, 'utf8')) as Documents;
const LIVE = '6b0a9f4dd1213813195c0261';
const LINKED = 'f'.repeat(24);
const URL_OF_LINKED = 'https://staging.example.com/pr-9';
const ROOT = '9b0fadf9592e9ee666d2c1df761598b885a6a74f74c1f47150380f963bdb6ed6';
const FILES = { kind: 'files', root: ROOT };
const ELSEWHERE = { kind: 'elsewhere', url: URL_OF_LINKED, healthPath: null, removable: false };

let database: TestDatabase;
let connection: Connection;
let db: mongo.Db;

beforeEach(async () => {
  database = testDatabase();
  connection = await openConnection({ uri: database.uri, log: silent });
  db = connection.getClient().db(connection.name);
  await migrate({ connection, log: silent, to: 1 });
  for (const [name, documents] of Object.entries(DATA))
    if (name !== 'migrations') await db.collection(name).insertMany([...documents] as never);
  await migrate({ connection, log: silent, to: 2 });
  await writeLinked();
});

afterEach(async () => {
  await connection.destroy();
  await database.drop();
});

/** As 0.2 wrote a preview that an earlier step of the workflow deployed, and an upload that never became whole. */
async function writeLinked(): Promise<void> {
  const [environment] = await find('environments', { _id: LIVE });
  const [deployment] = await find('deployments', { environmentId: LIVE });
  const ids = { _id: LINKED, slug: 'pr-9-hello', name: 'pr-9' };
  const current = { ...environment?.['current'], url: URL_OF_LINKED, artifactRoot: null };
  const unmade = { ...environment?.['resources'][0], handle: null, artifactRoot: null };
  await insert('environments', { ...environment, ...ids, current, resources: [unmade] });
  const made = { environmentId: LINKED, url: URL_OF_LINKED, artifactRoot: null };
  await insert('deployments', { ...deployment, ...made, _id: LINKED });
}

const find = (collection: string, filter: object) => db.collection(collection).find(filter).toArray();
const insert = (collection: string, document: object) => db.collection(collection).insertOne({ ...document });
const environmentOf = async (id: string) => (await find('environments', { _id: id }))[0];

async function everything(): Promise<readonly mongo.Document[][]> {
  const all = ['environments', 'deployments'].map((name) =>
    db.collection(name).find().sort({ _id: 1 }).toArray(),
  );
  return Promise.all(all);
}

test('what was served from files and what was deployed elsewhere say so then', async () => {
  await migrate({ connection, log: silent, to: 3 });
  const live = await environmentOf(LIVE);
  expect(live).toMatchObject({
    current: { reach: FILES },
    resources: [{ reach: FILES, artifactRoot: ROOT }],
  });
  expect(live?.['current']).not.toHaveProperty('artifactRoot');
  expect(await environmentOf(LINKED)).toMatchObject({
    current: { reach: ELSEWHERE },
    resources: [{ reach: null, handle: null }],
  });
  const reaches = (await find('deployments', {})).map(({ reach }) => reach as unknown);
  expect(reaches.filter((reach) => reach !== null)).toEqual([FILES, ELSEWHERE]);
});

test('taken back, the data is as 0.2 wrote it, and it can be migrated again', async () => {
  const before = await everything();
  await migrate({ connection, log: silent });
  const after = await everything();
  await migrate({ connection, log: silent, to: 2 });
  expect(await everything()).toEqual(before);
  await migrate({ connection, log: silent });
  expect(await everything()).toEqual(after);
});

test('cut off between two documents, it changes only what is left', async () => {
  await kindAndReach.up(db);
  const after = await everything();
  const unchecked = { bypassDocumentValidation: true };
  await db.collection('deployments').updateOne({}, { $unset: { reach: '' } }, unchecked);
  await kindAndReach.up(db);
  expect(await everything()).toEqual(after);
});

test('it applies before and after another migration of the same release', async () => {
  const other = {
    version: 3,
    name: 'other',
    indexes: [],
    up: async () => undefined,
    down: async () => undefined,
  };
  await migrate({ connection, log: silent, migrations: [kindAndReach] });
  const alone = await everything();
  await migrate({ connection, log: silent, migrations: [other, kindAndReach] });
  expect(await everything()).toEqual(alone);
});

test('the server shows what version 0.1 published', async () => {
  const app = await startApp({ secrets: { mongodbUri: database.uri } });
  try {
    const environment = await app.ports.environments.get(LIVE);
    expect(environment?.current?.reach).toEqual(FILES);
    const [deployment] = await find('deployments', { environmentId: LIVE });
    const found = await app.ports.deployments.bySha7(LIVE, String(deployment?.['sha7']));
    expect(found?.reach).toEqual(FILES);
  } finally {
    await app.close();
  }
});

const REFUSED = [
  ['environments', { current: { deploymentId: 'd', sha: 's', url: 'u', at: new Date(0) } }],
  ['environments', { 'current.reach.kind': 'nowhere' }],
  ['environments', { 'resources.0.reach': { root: 'r' } }],
  ['environments', { health: { state: 'fine', since: new Date(0) } }],
  ['deployments', { reach: { kind: 'nowhere' } }],
] as const;

test('what is neither files nor elsewhere is refused', async () => {
  await migrate({ connection, log: silent });
  for (const [collection, change] of REFUSED) {
    const writing = db
      .collection(collection)
      .updateOne({ 'resources.0': { $exists: collection === 'environments' } }, { $set: change });
    await expect(writing).rejects.toMatchObject({ code: 121 });
  }
});
