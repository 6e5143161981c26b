import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Connection, mongo } from 'mongoose';
import { typedEndings } from '../../../../app/store/migrations/0002-typed-endings.js';
import { history, migrate, MIGRATIONS } from '../../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { noteLine } from '../../../../src/environments/notes.js';
import { DEPLOYMENT_STATUS, ENDED_BY, type EndedBy } from '../../../../src/shared/status/words.js';
import { startApp } from '../../../support/start-app.js';
import { testDatabase, type TestDatabase } from '../../../support/test-database.js';
import { silent } from '../empty-stores.js';

type Documents = Readonly<Record<string, readonly { readonly _id: string }[]>>;

/** Written by version 0.1: three pull requests, one of them live, one closed, one just pushed. */
const FIXTURE = new URL('../../../fixtures/data-of-0.1.json', import.meta.url);
const DATA = mongo.BSON.EJSON.parse(readFileSync(FIXTURE, 'utf8')) as Documents;
const LIVE = '6b0a9f4dd1213813195c0261';
const WAITING = DATA['deployments']?.find((each) => Reflect.get(each, 'run') === null);
const { failed, cancelled, superseded } = DEPLOYMENT_STATUS;
const RUN = { id: '1', attempt: 1, job: 'preview' };

/** How a deployment of 0.1 ended, in its words: status, sentence, whether a run had it, and what that means. */
const ENDINGS: readonly (readonly [string, string | null, boolean, EndedBy])[] = [
  [
    failed,
    'The workflow run ended without reporting a result: see its log on GitHub.',
    true,
    ENDED_BY.runEnd,
  ],
  [cancelled, 'The workflow run was cancelled before it reported a result.', true, ENDED_BY.runEnd],
  [
    failed,
    'The workflow run fell silent for 15 minutes: see its log on GitHub, then re-run it.',
    true,
    ENDED_BY.runSilence,
  ],
  [failed, 'No workflow run took this commit on within an hour. GitHub starts', false, ENDED_BY.noRun],
  [
    failed,
    'The workflow ended before the preview step started: "CI" (failure).',
    false,
    ENDED_BY.workflowsEnd,
  ],
  [
    failed,
    'All workflows of this commit ended, and none started a preview step: "CI" (success).',
    false,
    ENDED_BY.workflowsEnd,
  ],
  [superseded, 'Another run of this commit took over.', true, ENDED_BY.newerRun],
  [superseded, 'The commit asks for no preview. Push another one.', true, ENDED_BY.decision],
  [superseded, 'The preview was removed.', true, ENDED_BY.previewRemoved],
  [cancelled, 'The pull request was merged. Its preview is taken down.', true, ENDED_BY.previewRemoved],
  [cancelled, 'The label "preview:skip" is set. Remove it.', false, ENDED_BY.previewRemoved],
  [cancelled, 'The workflow run was cancelled.', true, ENDED_BY.runReport],
  [failed, 'The build failed.', true, ENDED_BY.runReport],
  [failed, null, true, ENDED_BY.runReport],
  [failed, 'There is no target "moon" on this server. It has: static.', true, ENDED_BY.refusal],
  [failed, 'This repository has several projects (a, b): set the input "project".', false, ENDED_BY.refusal],
  [
    failed,
    'This project already had 1 deployment in the last hour, the most it may have.',
    false,
    ENDED_BY.deployLimit,
  ],
  [
    failed,
    'The files of this preview are not on the server any more. Re-run the workflow',
    true,
    ENDED_BY.lostFiles,
  ],
];

let database: TestDatabase;
let connection: Connection;
let db: mongo.Db;

beforeEach(async () => {
  database = testDatabase();
  connection = await openConnection({ uri: database.uri, log: silent });
  db = connection.getClient().db(connection.name);
  await migrate({ connection, log: silent, to: 1 });
  await write(DATA);
});

afterEach(async () => {
  await connection.destroy();
  await database.drop();
});

async function write(data: Documents): Promise<void> {
  for (const [name, documents] of Object.entries(data)) {
    if (name !== 'migrations') await db.collection(name).insertMany([...documents] as never);
  }
}

const all = async (collection: string) => db.collection(collection).find().sort({ _id: 1 }).toArray();

async function everything(): Promise<Record<string, mongo.Document[]>> {
  const names = Object.keys(DATA).filter((name) => name !== 'migrations');
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await all(name)] as const)));
}

test('what ended each deployment, what each note is about and how often a report was asked for are fields then', async () => {
  await migrate({ connection, log: silent, to: 2 });
  const endings = (await all('deployments')).map(({ status, endedBy }) => [
    status as string,
    endedBy as unknown,
  ]);
  expect(endings).toEqual([
    [DEPLOYMENT_STATUS.success, ENDED_BY.runReport],
    [failed, ENDED_BY.noRun],
    [superseded, ENDED_BY.newerCommit],
    [DEPLOYMENT_STATUS.queued, null],
    [cancelled, ENDED_BY.previewRemoved],
  ]);
  const live = await db.collection<{ _id: string }>('environments').findOne({ _id: LIVE });
  expect(live).toMatchObject({
    reportEpoch: 1,
    reported: { reportEpoch: 1 },
    notes: [
      { kind: 'settings', text: '.github/preview.yml, line 3: there is no key "bild"; leave it out' },
      { kind: 'upload', text: expect.stringMatching(/^_redirects line 1 was skipped/) },
    ],
  });
  expect(JSON.stringify(await all('environments'))).not.toMatch(/tellAgain|toldAgain|Upload: /);
});

test('each sentence that version 0.1 wrote of an end has its word', async () => {
  const deployments = db.collection<{ _id: string }>('deployments');
  const ended = ENDINGS.map(([status, error, claimed], index) => {
    return {
      ...WAITING,
      _id: `x${String(index)}`,
      status,
      error,
      run: claimed ? { ...RUN, id: String(index) } : null,
    };
  });
  await deployments.insertMany(ended);
  await migrate({ connection, log: silent, to: 2 });
  const found = await deployments.find({ _id: /^x/ }).toArray();
  const words = new Map(found.map(({ _id, ...rest }) => [_id, Reflect.get(rest, 'endedBy') as unknown]));
  expect(ENDINGS.map(([, error], index) => [error, words.get(`x${String(index)}`)])).toEqual(
    ENDINGS.map(([, error, , endedBy]) => [error, endedBy]),
  );
});

test('taken back, the data is as version 0.1 wrote it, and it can be migrated again', async () => {
  const before = await everything();
  await migrate({ connection, log: silent });
  const migrated = await everything();
  await migrate({ connection, log: silent, to: 1 });
  expect(await everything()).toEqual(before);
  await db.collection<{ _id: string }>('projects').insertOne({ _id: 'no validator is left' });
  await migrate({ connection, log: silent });
  expect({ ...(await everything()), projects: migrated['projects'] }).toEqual(migrated);
});

const WRITES: readonly unknown[] = [
  'updateMany',
  'command',
  'createCollection',
  'createIndex',
  'rename',
  'drop',
];

/** The same database, where the power goes out after so many writes. */
function failingAfter<T extends object>(target: T, left: { writes: number }): T {
  return new Proxy(target, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (WRITES.includes(name) && (left.writes -= 1) < 0) throw new Error('The power went out.');
        const result: unknown = Reflect.apply(member, of, args);
        return name === 'collection' ? failingAfter(result as object, left) : result;
      };
    },
  });
}

/** Tries again after each power cut; each try comes one write further. */
async function withPowerCuts(step: (db: mongo.Db) => Promise<void>): Promise<number> {
  for (let writes = 0; ; writes += 1) {
    const failure = await step(failingAfter(db, { writes })).then(
      () => null,
      (error: unknown) => String(error),
    );
    if (failure === null) return writes;
    expect(failure).toBe('Error: The power went out.');
  }
}

test('cut off again and again, up or down, it is completed in the end', async () => {
  const before = await everything();
  const rules = async () => sorted(await db.listCollections().toArray());
  await typedEndings.up(db);
  const [after, validators] = [await everything(), await rules()];
  await typedEndings.down(db);
  expect(await withPowerCuts(typedEndings.up)).toBeGreaterThan(5);
  expect([await everything(), await rules()]).toEqual([after, validators]);
  expect(await withPowerCuts(typedEndings.down)).toBeGreaterThan(5);
  expect(await everything()).toEqual(before);
  await migrate({ connection, log: silent, to: 2 });
  expect([await everything(), await rules()]).toEqual([after, validators]);
});

const sorted = (found: readonly { name: string; options?: mongo.Document }[]) =>
  found
    .map(({ name, options }) => [name, options ?? {}])
    .sort(([a], [b]) => String(a).localeCompare(String(b)));

const UNCHECKED = { bypassDocumentValidation: true } as const;

test('cut off between two documents, it leaves those that are done as they are', async () => {
  await typedEndings.up(db);
  const after = await everything();
  const [old] = DATA['environments'] ?? [];
  await db
    .collection<{ _id: string }>('environments')
    .replaceOne({ _id: LIVE }, { ...old } as never, UNCHECKED);
  await db.collection<{ _id: string }>('deployments').updateOne({}, { $unset: { endedBy: '' } }, UNCHECKED);
  await typedEndings.up(db);
  expect(await everything()).toEqual(after);
});

test('the server starts on data of version 0.1 and shows it', async () => {
  const app = await startApp({ secrets: { mongodbUri: database.uri } });
  try {
    expect(await history(connection)).toHaveLength(MIGRATIONS.length);
    const environment = await app.ports.environments.get(LIVE);
    expect(environment?.notes.map(noteLine)).toEqual([
      expect.stringMatching(/^\.github/),
      expect.stringMatching(/^Upload: _redirects/),
    ]);
    const answer = await app.api(`/api/v1/environments/${LIVE}/deployments`);
    expect(await answer.json()).toMatchObject({
      items: [{ status: DEPLOYMENT_STATUS.success, error: null }],
    });
    const listed = await app.api('/api/v1/environments?repository=acme/hello');
    expect(((await listed.json()) as { items: unknown[] }).items).toHaveLength(3);
  } finally {
    await app.close();
  }
});

const REFUSED = [
  ['environments', { status: 'asleep' }],
  ['environments', { notes: ['Upload: a note of version 0.1'] }],
  ['deployments', { status: 'done' }],
  ['deployments', { endedBy: 'boredom' }],
  ['deployments', { stages: [{ name: 'building', status: 'done' }] }],
  ['webhookDeliveries', { status: 'lost' }],
  ['apiTokens', { scope: { kind: 'root' } }],
  ['logs', { text: 7 }],
  ['projects', { slug: null }],
] as const;

test('words that a field does not have, and new documents without a required field, are refused in every collection', async () => {
  await migrate({ connection, log: silent });
  for (const [collection, change] of REFUSED) {
    const writing = db.collection(collection).updateOne({}, { $set: change });
    await expect(writing).rejects.toMatchObject({ code: 121 });
  }
  for (const name of Object.keys(DATA).filter((each) => each !== 'migrations')) {
    const inserting = db.collection<{ _id: string }>(name).insertOne({ _id: 'incomplete' });
    await expect(inserting).rejects.toMatchObject({ code: 121 });
  }
});

test('an older document that does not fit can still be changed', async () => {
  const projects = db.collection<{ _id: string }>('projects');
  await projects.insertOne({ _id: 'old' });
  await migrate({ connection, log: silent, to: 2 });
  expect((await projects.updateOne({ _id: 'old' }, { $set: { name: 'again' } })).modifiedCount).toBe(1);
});

test('a migration that was released keeps its validators: other words need a migration of their own', () => {
  const digest = createHash('sha256').update(JSON.stringify(typedEndings.validators)).digest('hex');
  expect(digest.slice(0, 16)).toBe('c34b0da8fd322c61');
});
