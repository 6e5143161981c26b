import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Store } from '../../app/store/connect.js';
import { connectStore } from '../../app/store/connect.js';
import { openConnection } from '../../app/store/open-connection.js';
import { sealChannel } from '../../src/notifications/channel.js';
import { connectionContext, sealTokens } from '../../src/people/github-access.js';
import { rememberDelivered } from '../../src/secrets/delivered.js';
import { createSeal, type Seal } from '../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';
import { keysInUse, requireKeys, rotateKeys } from '../../src/secrets/rotate.js';
import { secretContext, setSecrets } from '../../src/secrets/write.js';
import type { Scope } from '../../src/variables/scope.js';
import { startApp } from '../support/start-app.js';
import { startCrashingApp } from '../support/start-crashing-app.js';
import { appKey } from '../support/run-keys.js';
import { migratedDatabase, type TestDatabase } from '../support/test-database.js';

const [K1, K2] = [createKey('k1'), createKey('k2')];
const old = createSeal(parseKeys(K1));
const both = createSeal(parseKeys(`${K2},${K1}`));
const fresh = createSeal(parseKeys(K2));
const clock = { now: () => new Date() };
const DEPLOYMENT = 'd'.repeat(24);

/** Two layers: 250 secrets, so that there are three batches. */
const SCOPES: readonly Scope[] = [
  { layer: 'project', projectId: 'a'.repeat(24) },
  { layer: 'org', ownerId: 1 },
];
const valueOf = (name: string) => `value of ${name}`;

let database: TestDatabase;
let store: Store;
let dataDir = '';

beforeAll(async () => {
  database = migratedDatabase();
  store = await connectStore({ uri: database.uri, log: () => undefined });
  dataDir = await mkdtemp(join(tmpdir(), 'vitrine-rotation-'));
  for (const scope of SCOPES)
    await setSecrets(portsWith(old), { scope, values: manyValues(), actor: 'test' });
  await rememberDelivered(portsWith(old), { deploymentId: DEPLOYMENT, values: ['a delivered secret'] });
});
afterAll(async () => {
  await store.close();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

function manyValues(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 125 }, (_, at) => [`S${at}`, valueOf(`S${at}`)]));
}

function portsWith(seal: Seal) {
  let ids = 0;
  const newId = () => `owner ${(ids += 1)}`;
  return { ...store.stores, seal, clock, newId, log: () => undefined };
}

/** Reads every secret once; throws where one cannot be read. */
async function readAll(seal: Seal): Promise<number> {
  const entries = await store.stores.secrets.of(SCOPES);
  for (const entry of entries)
    expect(seal.open(entry.sealed, secretContext(entry))).toBe(valueOf(entry.name));
  return entries.length;
}

const counts = async (seal: Seal) =>
  Object.fromEntries((await keysInUse(portsWith(seal))).map(({ id, documents }) => [id, documents]));

test('a new key takes over while everything is read, and a server that is killed in the middle goes on', async () => {
  const env = {
    ...{ APP_ID: '1', PRIVATE_KEY: appKey(), WEBHOOK_SECRET: 'a webhook secret of the tests', PORT: '0' },
    ...{ MONGODB_URI: database.uri, DATA_DIR: dataDir, ENCRYPTION_KEYS: `${K2},${K1}` },
  };
  // The lease is renewed after each full batch.
  const point = { port: 'leases', method: 'renew', when: 'before' } as const;
  const server = await startCrashingApp(env, point, { leaseMs: 1_500 });
  let over = false;
  let reads = 0;
  const reading = (async () => {
    while (!over) reads += await readAll(both);
  })();
  expect(await server.ended).toBe('SIGKILL');
  const between = await counts(both);
  expect(between['k2']).toBeGreaterThanOrEqual(100);
  expect(between['k1']).toBeGreaterThan(0);
  // The lease of the dead server runs out first.
  while ((await rotateKeys(portsWith(both), { leaseMs: 1_500 })) === 0) await new Promise(setImmediate);
  over = true;
  await reading;
  expect(reads).toBeGreaterThan(250);
  expect(await counts(both)).toEqual({ k2: 251, k1: 0 });
  expect(await readAll(fresh)).toBe(250);
  expect(await rotateKeys(portsWith(both))).toBe(0);
});

test('of several processes that rotate at the same time, one works and every document moves once', async () => {
  const K3 = createKey('k3');
  const next = createSeal(parseKeys(`${K3} ${K2}`));
  const moved = await Promise.all(Array.from({ length: 4 }, () => rotateKeys(portsWith(next))));
  expect(moved.reduce((sum, count) => sum + count, 0)).toBe(251);
  expect(moved.filter((count) => count > 0)).toHaveLength(1);
  expect(await readAll(createSeal(parseKeys(K3)))).toBe(250);
  // The rest of this file goes on with the second key.
  await rotateKeys(portsWith(createSeal(parseKeys(`${K2} ${K3}`))));
});

test('a server without a key that is needed does not start, and says which and for how many', async () => {
  const without = createSeal(parseKeys(K1));
  await expect(requireKeys(portsWith(without))).rejects.toThrow(
    /Missing: "k2" \(needed by 251 secrets\)\. Add each/,
  );
  await expect(requireKeys(portsWith(fresh))).resolves.toBeUndefined();
  const started = startApp({ secrets: { mongodbUri: database.uri, encryptionKeys: K1 } });
  await expect(started).rejects.toMatchObject({ code: 'secret_unreadable' });
});

test('a ciphertext that was moved to another project or name is not opened, and stays as it is', async () => {
  const { secrets } = store.stores;
  const [entry] = await secrets.of([SCOPES[0] as Scope]);
  if (!entry) throw new Error('There is no secret.');
  const other: Scope = { layer: 'project', projectId: 'b'.repeat(24) };
  await secrets.put({ ...entry, scope: other });
  const [moved] = await secrets.of([other]);
  expect(() => fresh.open(moved?.sealed ?? '', secretContext({ scope: other, name: entry.name }))).toThrow(
    expect.objectContaining({ code: 'secret_unreadable' }),
  );
  const K4 = createKey('k4');
  const next = createSeal(parseKeys(`${K4} ${K2}`));
  expect(await rotateKeys(portsWith(next))).toBe(251);
  expect((await secrets.of([other]))[0]?.sealed).toBe(moved?.sealed);
});

/** Everything that seals, by its file, with a document that it makes: a new one has its line here. */
const SEALERS: Readonly<Record<string, (seal: Seal) => Promise<unknown>>> = {
  'src/secrets/write.ts': (seal) =>
    setSecrets(portsWith(seal), { scope: { layer: 'org', ownerId: 9 }, values: { A: 'a' }, actor: 'test' }),
  'src/secrets/delivered.ts': (seal) =>
    rememberDelivered(portsWith(seal), { deploymentId: 'e'.repeat(24), values: ['a'] }),
  'src/notifications/channel.ts': (seal) => addChannel(seal),
  'src/people/github-access.ts': (seal) =>
    store.stores.connections.save({
      ...{ userId: 'u1', githubId: 7, login: 'ada', connectedAt: new Date() },
      ...sealTokens({ seal }, 'u1', TOKENS),
    }),
};

/** What these seal is kept by browsers: in a cookie and in an address, each until it ends. */
const NOT_STORED = ['src/access/grant.ts', 'src/access/hand-over.ts'];

const TOKENS = {
  ...{ access: 'ghu_1', refresh: 'ghr_1', scope: '' },
  ...{ accessExpiresAt: null, refreshExpiresAt: null },
};

const addChannel = (seal: Seal) => {
  const place = { projectId: 'c'.repeat(24), id: 'f'.repeat(24) };
  const sealed = sealChannel({ seal }, place, { url: 'https://hooks.example.com', secret: 'x' });
  const at = { createdAt: new Date(), updatedAt: new Date() };
  const rest = { kind: 'webhook', name: 'x', host: 'hooks.example.com', events: [], active: true } as const;
  return store.stores.channels.create({ ...place, ...rest, ...at, sealed });
};

test('what seals something is known, so that the next test sees whether a new key reaches it', async () => {
  const sealing: string[] = [];
  for (const folder of ['src', 'app'])
    for (const name of await readdir(folder, { recursive: true }))
      if (name.endsWith('.ts') && /\bseal\.seal\(/.test(await readFile(join(folder, name), 'utf8')))
        sealing.push(`${folder}/${name}`);
  expect(sealing.toSorted()).toEqual([...Object.keys(SEALERS), ...NOT_STORED].toSorted());
});

test('a new key reaches every sealed text of the database', async () => {
  const [O, N] = [createKey('oldest'), createKey('newest')];
  for (const make of Object.values(SEALERS)) await make(createSeal(parseKeys(O)));
  const connection = await openConnection({ uri: database.uri, log: () => undefined });
  const db = connection.getClient().db(connection.name);
  const sealedWith = async (key: string) => {
    const found: string[] = [];
    for (const collection of await db.collections())
      for await (const document of collection.find())
        if (JSON.stringify(document).includes(`"v1.${key}.`)) found.push(collection.collectionName);
    return found;
  };
  expect(await sealedWith('oldest')).toHaveLength(Object.keys(SEALERS).length);
  const ports = portsWith(createSeal(parseKeys(`${N},${O}`)));
  expect(await rotateKeys(ports)).toBe(Object.keys(SEALERS).length);
  expect(await sealedWith('oldest')).toEqual([]);
  await connection.destroy();
  const kept = await store.stores.connections.get('u1');
  const only = createSeal(parseKeys(N));
  expect(only.open(kept?.accessToken ?? '', connectionContext('u1', 'access'))).toBe(TOKENS.access);
  expect(only.open(kept?.refreshToken ?? '', connectionContext('u1', 'refresh'))).toBe(TOKENS.refresh);
});
