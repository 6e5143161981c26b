import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createDockerEngine } from '../../../../app/engine/docker-engine.js';
import type { ServiceSettings } from '../../../../src/shared/services.js';
import { createDockerTarget } from '../../../../src/targets/docker/docker.js';
import type { EngineContainer } from '../../../../src/targets/docker/engine.js';
import type { DockerParts } from '../../../../src/targets/docker/pulled-image.js';
import type { ContainerHandle } from '../../../../src/targets/docker/resource.js';
import type { Release, Run } from '../../../../src/targets/target.js';
import { release as releaseWith } from '../../../support/builders.js';
import { dockerParts } from '../../../support/docker-parts.js';
import { type FakeEngine, type FakeImage, startFakeEngine } from '../../../support/fake-engine.js';

let fake: FakeEngine;
let lines: string[];
let concealed: string[];
beforeEach(async () => {
  fake = await startFakeEngine();
  lines = [];
  concealed = [];
  for (const image of ['postgres:16', 'postgres:17', 'redis:7'])
    fake.addImage(`docker.io/library/${image}`, { Cmd: ['print', '2'] });
  fake.addImage('program:1', { Cmd: ['serve', 'Hello'] });
  fake.addImage('broken:1', { Cmd: ['fail', '3', 'It broke.'] });
});
afterEach(async () => fake[Symbol.asyncDispose]());

const engineOf = () => createDockerEngine(fake.address);
const targetWith = (changes: Partial<DockerParts> = {}) =>
  createDockerTarget(dockerParts({ engine: engineOf(), ...changes }));

const run = (changes: Partial<Run> = {}): Run => ({
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  log: (line) => void lines.push(line),
  conceal: async (values) => void concealed.push(...values),
  signal: new AbortController().signal,
  ...changes,
});

const SAFE = { writable: false, root: false };
const DB: ServiceSettings = { name: 'db', kind: 'postgres', version: '16' };
const NEWER: ServiceSettings = { ...DB, version: '17' };
const CACHE: ServiceSettings = { name: 'cache', kind: 'redis', version: '7' };

const releaseOf = (changes: Partial<Release> & { readonly reference?: string } = {}) => {
  const { reference = 'program:1', ...rest } = changes;
  return releaseWith({ image: { kind: 'external', reference, auth: null }, services: [DB], ...rest });
};
const next = (changes: Partial<Release> & { readonly reference?: string } = {}) =>
  releaseOf({ generation: 2, deploymentId: 'd2', ...changes });

/** What the engine holds, without programs and their networks. */
const databases = () =>
  fake
    .containers()
    .flatMap((labels) => labels['vitrine.database'] ?? [])
    .sort();
const ofDatabases = () => fake.networks().filter((name) => name.includes('.databases-'));
const nothing = () => [fake.containers(), fake.networks(), [...fake.volumes(), ...fake.hostPorts()]];

async function containerOf(key: string): Promise<EngineContainer> {
  const engine = engineOf();
  const [found] = await engine.containers({ 'vitrine.database': key });
  const container = found && (await engine.container(found.id));
  if (!container) throw new Error(`There is no database ${key}.`);
  return container;
}

async function programOf({ container }: ContainerHandle): Promise<EngineContainer> {
  const found = await engineOf().container(container ?? '');
  if (!found) throw new Error('There is no such program.');
  return found;
}

async function listed(handles: AsyncIterable<ContainerHandle>): Promise<readonly ContainerHandle[]> {
  const all: ContainerHandle[] = [];
  for await (const one of handles) all.push(one);
  return all;
}

const failureOf = async (work: Promise<unknown>) =>
  work.then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  );

test('a program is started beside its databases, with their variables, and its own come first', async () => {
  const { handle, containers } = await targetWith().deploy(
    releaseOf({ services: [DB, CACHE] }),
    SAFE,
    run({ variables: { PGUSER: 'mine', PREVIEW: 'true' }, secrets: { REDIS_URL: 'redis://elsewhere' } }),
  );
  const password = (await containerOf('db=postgres:16')).env['POSTGRES_PASSWORD'] ?? '';
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  expect((await programOf(handle)).env).toMatchObject({
    ...{ PREVIEW: 'true', PGUSER: 'mine', PGHOST: 'db', PGPASSWORD: password },
    DATABASE_URL: `postgres://preview:${password}@db:5432/preview`,
    ...{
      REDIS_URL: 'redis://elsewhere',
      CACHE_URL: expect.stringMatching(/^redis:\/\/default:[0-9a-f]+@cache:6379$/),
    },
  });
  expect(containers?.map(({ service, image, port }) => [service, image, port !== null])).toEqual([
    ['app', 'program:1', true],
    ['db', 'docker.io/library/postgres:16', false],
    ['cache', 'docker.io/library/redis:7', false],
  ]);
  expect(JSON.stringify([containers, lines])).not.toContain(password);
  expect(concealed).toContain(password);
  expect(lines).toContain('The database db (postgres:16) is ready.');
});

test('a push keeps the databases and their passwords, and closing removes everything but what was there before', async () => {
  fake.addVolume('vitrine-not-ours', {});
  const target = targetWith();
  const first = await target.deploy(releaseOf(), SAFE, run());
  const before = await containerOf('db=postgres:16');
  const second = await target.deploy(next(), SAFE, run());
  await target.destroy(first.handle, run());
  expect(await containerOf('db=postgres:16')).toEqual(before);
  expect((await programOf(second.handle)).env['PGPASSWORD']).toBe(before.env['POSTGRES_PASSWORD']);
  expect(await listed(target.list(run()))).toEqual([second.handle]);
  await target.destroy(second.handle, run());
  expect(nothing()).toEqual([[], [], ['vitrine-not-ours']]);
  expect(fake.images()).toContain('docker.io/library/postgres:16');
});

test('another version is an empty database, and the older one stays until no program uses it', async () => {
  const target = targetWith();
  const first = await target.deploy(releaseOf({ services: [DB, CACHE] }), SAFE, run());
  const cache = await containerOf('cache=redis:7');
  const second = await target.deploy(next({ services: [NEWER, CACHE] }), SAFE, run());
  expect(databases()).toEqual(['cache=redis:7', 'db=postgres:16', 'db=postgres:17']);
  expect(lines.join('\n')).toMatch(/db is postgres:17 now, and begins empty.*db=postgres:16/);
  await target.destroy(first.handle, run());
  expect(databases()).toEqual(['cache=redis:7', 'db=postgres:17']);
  // That of the cache is the older one: the engine does not start it without.
  expect([ofDatabases().length, fake.volumes().length]).toEqual([2, 2]);
  expect((await containerOf('cache=redis:7')).id).toBe(cache.id);
  await target.capabilities.sleep?.stop(second.handle, run());
  await target.capabilities.sleep?.wake(second.handle, run());
  expect(await target.inspect(second.handle, run())).toMatchObject({ state: 'live' });
  await target.destroy(second.handle, run());
  expect(nothing()).toEqual([[], [], []]);
});

test('a release without databases removes those of the one before it, once that is gone', async () => {
  const target = targetWith();
  const first = await target.deploy(releaseOf(), SAFE, run());
  await target.deploy(next({ services: [] }), SAFE, run());
  expect(databases()).toEqual(['db=postgres:16']);
  await target.destroy(first.handle, run());
  expect([databases(), ofDatabases(), fake.volumes()]).toEqual([[], [], []]);
});

test('a first deployment that fails leaves nothing, whatever fails', async () => {
  const target = targetWith();
  const fails = (release: Release) => failureOf(target.deploy(release, SAFE, run()));
  expect(await fails(releaseOf({ reference: 'broken:1' }))).toMatchObject({ code: 'unprocessable' });
  expect(nothing()).toEqual([[], [], []]);
  expect(await fails(releaseOf({ reference: 'nowhere:1' }))).toMatchObject({ code: 'unprocessable' });
  expect(nothing()).toEqual([[], [], []]);
  expect(await fails(releaseOf({ services: [DB, { ...CACHE, version: '99' }] }))).toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(/redis:99 could not be pulled/),
  });
  expect(nothing()).toEqual([[], [], []]);
});

test('a later deployment that fails changes nothing for the one that is live', async () => {
  const target = targetWith();
  const first = await target.deploy(releaseOf(), SAFE, run());
  const before = await containerOf('db=postgres:16');
  await failureOf(target.deploy(next({ reference: 'broken:1', services: [NEWER] }), SAFE, run()));
  expect(databases()).toEqual(['db=postgres:16']);
  expect(await containerOf('db=postgres:16')).toEqual(before);
  expect(await target.inspect(first.handle, run())).toMatchObject({ state: 'live' });
});

const LEAKING: FakeImage = { Cmd: ['fail', '1', 'initdb: no space'] };

test.each([
  ['ends', LEAKING, {}, /db \(postgres:18\) ended with exit code 1/],
  ['is never well', { Cmd: ['print', '1'], Health: 'unhealthy' } as const, {}, /takes no connections/],
  [
    'takes too long',
    { Cmd: ['print', '1'], Health: 'starting' } as const,
    { patienceMs: 300 },
    /was not ready within/,
  ],
])('a database that %s fails the deployment, with its last lines', async (_what, image, patience, said) => {
  fake.addImage('docker.io/library/postgres:18', image);
  const target = targetWith(patience);
  const release = releaseOf({ services: [{ ...DB, version: '18' }] });
  const failure = await failureOf(target.deploy(release, SAFE, run()));
  expect(failure).toMatchObject({ code: 'unprocessable', message: expect.stringMatching(said) });
  expect(lines).toContain('The last lines of the database db (postgres:18):');
  expect(lines.at(-1)).toMatch(/^ {2}(initdb: no space|line 1)$/);
  expect(nothing()).toEqual([[], [], []]);
});

test('what a program prints of a password is not in the log', async () => {
  const target = targetWith();
  const { handle } = await target.deploy(releaseOf(), SAFE, run());
  const password = (await containerOf('db=postgres:16')).env['POSTGRES_PASSWORD'] ?? '';
  fake.addImage('telling:1', { Cmd: ['fail', '1', `cannot reach postgres://preview:${password}@db`] });
  await failureOf(target.deploy(next({ reference: 'telling:1' }), SAFE, run()));
  expect(lines).toContain('  cannot reach postgres://preview:***@db');
  expect(lines.join('\n')).not.toContain(password);
  expect(await target.inspect(handle, run())).toMatchObject({ state: 'live' });
});

test('databases sleep after their program, and wake before it', async () => {
  const target = targetWith();
  const { handle } = await target.deploy(releaseOf({ services: [DB, CACHE] }), SAFE, run());
  const before = await containerOf('db=postgres:16');
  const { sleep } = target.capabilities;
  for (let times = 0; times < 2; times += 1) await sleep?.stop(handle, run());
  expect(await containerOf('db=postgres:16')).toMatchObject({ running: false, restart: 'no' });
  expect(await target.inspect(handle, run())).toEqual({ state: 'sleeping', detail: null });
  expect(await listed(target.list(run()))).toEqual([handle]);

  // A push to what sleeps wakes them for the new program, and its failure lets them sleep on.
  await failureOf(target.deploy(next({ services: [DB, CACHE], reference: 'broken:1' }), SAFE, run()));
  expect(await containerOf('db=postgres:16')).toMatchObject({ id: before.id, running: false });

  await sleep?.wake(handle, run());
  expect(await containerOf('db=postgres:16')).toMatchObject({
    id: before.id,
    env: before.env,
    running: true,
  });
  expect(await containerOf('cache=redis:7')).toMatchObject({ running: true, restart: 'on-failure' });
  expect(await target.inspect(handle, run())).toMatchObject({ state: 'live', detail: null });
  await sleep?.stop(handle, run());
  await engineOf().removeContainer(before.id);
  expect(await failureOf(sleep?.wake(handle, run()) ?? Promise.resolve())).toMatchObject({
    code: 'not_found',
    message: expect.stringMatching(/db \(postgres:16\) of this preview is gone: deploy it again/),
  });
});

test('databases that a crash left without a program are found and removed, and a deployment begins with new ones', async () => {
  const target = targetWith();
  const engine = engineOf();
  const crash = async (release: Release) => {
    const { handle } = await target.deploy(release, SAFE, run());
    const before = await containerOf('db=postgres:16');
    await engine.removeContainer(handle.container ?? '');
    for (const { id, labels } of await engine.networks())
      if (labels['vitrine.generation'] !== undefined) await engine.removeNetwork(id);
    for (const { name } of await engine.volumes({ 'vitrine.role': 'port' })) await engine.removeVolume(name);
    return before;
  };
  await crash(releaseOf());
  const [left, ...others] = await listed(target.list(run()));
  expect([left, others]).toMatchObject([{ slug: 'pr-1-hello', generation: 1, deploymentId: null }, []]);
  if (left) await target.destroy(left, run());
  expect(nothing()).toEqual([[], [], []]);

  const old = await crash(releaseOf());
  await target.deploy(next(), SAFE, run());
  const fresh = await containerOf('db=postgres:16');
  expect([fresh.id === old.id, fresh.env['POSTGRES_PASSWORD'] === old.env['POSTGRES_PASSWORD']]).toEqual([
    ...[false, false],
  ]);
  expect(lines.join('\n')).toMatch(/Removing the databases of an earlier deployment/);
});

test('a removal leaves the databases alone while a newer deployment is about to make its program', async () => {
  const engine = engineOf();
  const target = targetWith();
  // The newer one has begun: its network is there, and its program is not.
  let reached: () => void = () => undefined;
  const pulling = new Promise<void>((resolve) => (reached = resolve));
  let goOn: () => void = () => undefined;
  const paused = new Promise<void>((resolve) => (goOn = resolve));
  const slow = targetWith({
    engine: {
      ...engine,
      image: async (reference) => {
        if (reference === 'program:1') {
          reached();
          await paused;
        }
        return engine.image(reference);
      },
    },
  });
  const first = await target.deploy(releaseOf(), SAFE, run());
  const newer = slow.deploy(next(), SAFE, run());
  await pulling;
  await target.destroy(first.handle, run());
  expect(databases()).toEqual(['db=postgres:16']);
  expect(await listed(target.list(run()))).toMatchObject([{ generation: 2, container: null }]);
  expect(await failureOf(target.deploy(releaseOf({ deploymentId: 'd0' }), SAFE, run()))).toMatchObject({
    code: 'stale_head',
  });
  goOn();
  expect(await target.inspect((await newer).handle, run())).toMatchObject({ state: 'live' });
});

test('what another server, or another program, has in the engine is left alone', async () => {
  const other = targetWith({ server: 'http://other.test' });
  const theirs = await other.deploy(releaseOf(), SAFE, run());
  const target = targetWith();
  const ours = await target.deploy(releaseOf(), SAFE, run());
  expect(databases()).toHaveLength(2);
  await target.destroy(ours.handle, run());
  expect(databases()).toHaveLength(1);
  expect(await other.inspect(theirs.handle, run())).toMatchObject({ state: 'live' });
  await other.destroy(theirs.handle, run());

  await target.deploy(releaseOf(), SAFE, run());
  const [name = ''] = fake.volumes();
  await target.destroy(ours.handle, run());
  for (const handle of await listed(target.list(run()))) await target.destroy(handle, run());
  fake.addVolume(name, { theirs: 'yes' });
  expect(await failureOf(target.deploy(releaseOf(), SAFE, run()))).toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(/volume .* that this server did not make/),
  });
  expect(fake.volumes()).toEqual([name]);
});

test('an image that was pulled goes with the last database that uses it', async () => {
  const engine = engineOf();
  const pulled: string[] = [];
  const pullImage = async ({ reference }: { readonly reference: string }) => {
    pulled.push(reference);
    fake.addImage(reference, { Cmd: ['print', '1'] });
  };
  const target = targetWith({ engine: { ...engine, pullImage } });
  const services = [{ ...DB, version: '15' }];
  const one = await target.deploy(releaseOf({ services }), SAFE, run());
  const two = await target.deploy(releaseOf({ slug: 'pr-2-hello', services }), SAFE, run());
  expect(pulled).toEqual(['docker.io/library/postgres:15']);
  await target.destroy(one.handle, run());
  expect(fake.images()).toContain('docker.io/library/postgres:15');
  await target.destroy(two.handle, run());
  expect(fake.images()).not.toContain('docker.io/library/postgres:15');
});

test('images come from where the operator says', async () => {
  fake.addImage('mirror.example.com/library/postgres:16', { Cmd: ['print', '1'] });
  const target = targetWith({ databaseImages: 'mirror.example.com/library/' });
  await target.deploy(releaseOf(), SAFE, run());
  expect((await containerOf('db=postgres:16')).labels['vitrine.database-image']).toBe(
    'mirror.example.com/library/postgres:16',
  );
});

test('hooks reach the databases as the program does, also those of a preview that sleeps when it ends', async () => {
  const engine = engineOf();
  const joined: string[] = [];
  const made: (readonly string[])[] = [];
  const target = createDockerTarget(
    dockerParts({
      engine: {
        ...engine,
        createContainer: async (spec) => {
          if (/-(?:created|destroyed)$/.test(spec.name)) made.push(spec.body.Env);
          return engine.createContainer(spec);
        },
        connectNetwork: async (network, { container, aliases }) => {
          const { labels = {} } = (await engine.container(container)) ?? {};
          joined.push(labels['vitrine.hook'] ?? labels['vitrine.role'] ?? 'app');
          return engine.connectNetwork(network, { container, aliases });
        },
      },
    }),
  );
  const hooks = { created: 'say seeds DATABASE_URL', deployed: null, destroyed: 'say drops DATABASE_URL' };
  const { handle } = await target.deploy(releaseOf({ hooks }), SAFE, run());
  expect(joined).toContain('created');
  await target.capabilities.sleep?.stop(handle, run());
  const starts = () => fake.started().filter((line) => line === 'print 2').length;
  const before = starts();
  await target.destroy(handle, run(), { environmentEnds: true });
  expect(joined).toContain('destroyed');
  expect(made.map((env) => env.some((one) => one.startsWith('DATABASE_URL=postgres://')))).toEqual([
    true,
    true,
  ]);
  // Its database, which slept.
  expect(starts()).toBe(before + 1);
  expect(fake.started().at(-1)).toBe('say drops DATABASE_URL');
  for (const what of ['seeds', 'drops'])
    expect(lines).toContain(`  ${what} postgres://preview:***@db:5432/preview`);
  expect(nothing()).toEqual([[], [], []]);
});
