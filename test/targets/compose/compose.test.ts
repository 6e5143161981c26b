import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from '@jest/globals';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { createComposeTarget } from '../../../src/targets/compose/compose.js';
import type { ContainerEngine } from '../../../src/targets/docker/engine.js';
import type { DockerParts } from '../../../src/targets/docker/pulled-image.js';
import type { Run } from '../../../src/targets/target.js';
import { testTarget } from '../../contracts/target-contract.js';
import { release as releaseWith } from '../../support/builders.js';
import { dockerParts } from '../../support/docker-parts.js';
import { createFakeCompose } from '../../support/fake-compose.js';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine.js';

const HOST = '127.0.0.1:3000';
const DIGEST = `sha256:${'1'.repeat(64)}`;

const FILE = `
services:
  web:
    build: .
    expose: [3000]
    environment: { TOKEN: "\${TOKEN}", SECRET: "\${SECRET_0}" }
    depends_on: [helper]
  helper:
    build: ./helper
    volumes: ["data:/data"]
volumes:
  data:
`;

const fakes: FakeEngine[] = [];
afterAll(() => Promise.all(fakes.map((fake) => fake[Symbol.asyncDispose]())));

async function create(changes: Partial<DockerParts> = {}) {
  const fake = await startFakeEngine();
  fakes.push(fake);
  const engine = createDockerEngine(fake.address);
  const compose = createFakeCompose({ engine, addVolume: (name, labels) => fake.addVolume(name, labels) });
  const target = createComposeTarget({
    ...dockerParts({ engine, ...changes }),
    compose,
    registryLogin: async () => ({ host: HOST, auth: { username: 'run', password: 'canary-login' } }),
  });
  const release = async (slug: string, generation: number, file = FILE) => {
    const image = (service: string) =>
      ({ kind: 'pushed', repository: `${slug}/${service}`, digest: DIGEST }) as const;
    fake.addImage(`${HOST}/${slug}/web@${DIGEST}`, { Cmd: ['serve', slug] });
    fake.addImage(`${HOST}/${slug}/helper@${DIGEST}`, { Cmd: ['print', '2'] });
    const images = { web: image('web'), helper: image('helper') };
    return releaseWith({
      slug,
      generation,
      compose: { file, images },
      deploymentId: `d${String(generation)}`,
    });
  };
  return { fake, engine, target, release, compose };
}

testTarget({
  name: 'compose',
  badOptions: [
    ...[null, 'web', { service: '' }, { privileged: true }],
    ...[{ addresses: 'api' }, { addresses: ['api', 'api'] }, { addresses: ['mail-ui', 'mail.ui'] }],
    ...[{ addresses: { api: 4000 } }, { addresses: { api: { port: 0 } } }],
    ...[
      { addresses: { api: { 'health-path': '//evil.example' } } },
      { addresses: { api: { 'health-status': 500 } } },
    ],
  ],
  prints: ['serving pr-1-hello', 'line 1', 'line 2'],
  create: async () => ({
    ...(await create().then(({ target, release, compose }) => ({
      target,
      release,
      failNext: compose.failNext,
    }))),
    options: { writable: false, root: false },
    credentials: undefined,
    secrets: ['canary-variable', 'canary-secret'],
    visit: async () => 200,
  }),
});

const OPTIONS = { writable: false, root: false };

function runWith(lines: string[] = []): Run {
  return {
    credentials: undefined,
    variables: { TOKEN: 't' },
    secrets: { SECRET_0: 's3cret-value' },
    log: (line) => void lines.push(line),
    signal: new AbortController().signal,
    fetch: globalThis.fetch,
    visit: async () => 200,
  };
}

test('a preview sleeps and wakes with all of its services, and visitors find it again', async () => {
  const { target, release } = await create();
  const { handle, reach, containers } = await target.deploy(
    await release('pr-1-shop', 1),
    OPTIONS,
    runWith(),
  );
  expect(containers?.map(({ service, host }) => [service, host])).toEqual([
    ['web', '127.0.0.1'],
    ['helper', null],
  ]);
  expect(await page(reach)).toContain('pr-1-shop');
  await target.capabilities.sleep?.stop(handle, runWith());
  expect(await target.inspect(handle, runWith())).toMatchObject({ state: 'sleeping' });
  const woken = await target.capabilities.sleep?.wake(handle, runWith());
  expect(await page(woken)).toContain('pr-1-shop');
});

test('a port that another program has by now is left to it', async () => {
  const { target, release, fake } = await create();
  const { handle, reach } = await target.deploy(await release('pr-1-shop', 1), OPTIONS, runWith());
  await target.capabilities.sleep?.stop(handle, runWith());
  const { port } = reach as { port: number };
  const blocker = createServer().listen(port, '127.0.0.1');
  await once(blocker, 'listening');
  const woken = await target.capabilities.sleep?.wake(handle, runWith());
  await new Promise((resolve) => blocker.close(resolve));
  expect((woken as { port: number }).port).not.toBe(port);
  expect(await page(woken)).toContain('pr-1-shop');
  expect(await target.inspect(handle, runWith())).toMatchObject({ state: 'live', reach: woken });
  expect(fake.hostPorts()).toHaveLength(1);
  await target.destroy(handle, runWith());
  expect(fake.hostPorts()).toEqual([]);
});

test('several services have addresses, each asked before visitors come, also after a sleep', async () => {
  const { target, release, fake } = await create();
  const file = FILE.replace('    build: ./helper', '    build: ./helper\n    expose: [9000]');
  const wanted = await release('pr-1-shop', 1, file);
  fake.addImage(`${HOST}/pr-1-shop/helper@${DIGEST}`, { Cmd: ['serve', 'the helper'] });
  const options = { ...OPTIONS, addresses: { helper: { 'health-path': '/up' } } };
  expect(target.addresses?.(options)).toEqual(['helper']);
  const lines: string[] = [];
  const { handle, reach, containers } = await target.deploy(
    wanted,
    { ...options, service: 'web' },
    runWith(lines),
  );
  const url = 'http://helper-pr-1-shop.localhost';
  expect(reach).toMatchObject({ addresses: [{ service: 'helper', url, host: '127.0.0.1' }] });
  expect(lines).toContain(`The service helper answers at ${url}`);
  expect(lines).toContainEqual(expect.stringContaining('GET /up of helper'));
  const at = ({ addresses: [first] = [] }: { addresses?: readonly unknown[] | undefined }) => first;
  expect([await page(reach), await page(at(reach as never))]).toEqual([
    expect.stringContaining('pr-1-shop'),
    expect.stringContaining('the helper'),
  ]);
  expect(containers?.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.1']);
  for await (const listed of target.list(runWith())) expect(listed).toEqual(handle);

  await target.capabilities.sleep?.stop(handle, runWith());
  expect(await target.inspect(handle, runWith())).toMatchObject({ state: 'sleeping' });
  const woken = await target.capabilities.sleep?.wake(handle, runWith());
  expect(await page(at(woken as never))).toContain('the helper');
  await fake.crash({ 'vitrine.service': 'helper' });
  expect(await target.inspect(handle, runWith())).toEqual({
    state: 'unhealthy',
    detail: expect.stringContaining('helper: The program ended with exit code 1'),
  });
});

test('without ports of the machine, services are reached in their network', async () => {
  const { target, release, fake } = await create({ limits: { ...dockerParts().limits, hostPorts: null } });
  const { reach } = await target.deploy(await release('pr-1-shop', 1), OPTIONS, runWith());
  expect(reach).toMatchObject({ host: expect.not.stringMatching(/^127\.0\.0\.1$/), port: 3000 });
  expect(await page(reach)).toContain('pr-1-shop');
  expect(fake.containers().map((labels) => labels['vitrine.ports'])).toEqual(['3000', undefined]);
});

async function page(reach: unknown): Promise<string> {
  const { host, port } = reach as { host: string; port: number };
  return (await fetch(`http://${host}:${port}/`)).text();
}

test('what all services print is one log, by service', async () => {
  const { target, release } = await create();
  const { handle } = await target.deploy(await release('pr-1-shop', 1), OPTIONS, runWith());
  const seen: string[] = [];
  const follow = target.capabilities.logs?.follow(handle, { since: new Date(0) }, runWith());
  if (!follow) throw new Error('no logs');
  for await (const { service, text } of follow) {
    seen.push(`${service}: ${text}`);
    if (seen.length === 3) break;
  }
  expect(seen.sort()).toEqual(['helper: line 1', 'helper: line 2', 'web: serving pr-1-shop']);
});

test('a teardown that a crash cuts off after its containers are gone is found again, and its images go', async () => {
  const { target, release, fake, engine } = await create();
  const { handle } = await target.deploy(await release('pr-1-shop', 1), OPTIONS, runWith());
  await new Promise<void>((resolve) => {
    const cutOff = { ...engine, removeImage: () => new Promise<never>(() => resolve()) };
    const compose = { up: async () => ({ ok: true }) as const, start: async () => ({ ok: true }) as const };
    const registryLogin = async () => ({ host: HOST, auth: { username: 'run', password: '' } });
    // By what the labels said: the crash came before the handle was stored.
    const killed = createComposeTarget({ ...dockerParts({ engine: cutOff }), compose, registryLogin });
    void killed.destroy({ ...handle, images: [] }, runWith());
  });
  expect(fake.containers()).toEqual([]);
  for await (const left of target.list(runWith())) await target.destroy(left, runWith());
  expect([fake.images(), fake.volumes()]).toEqual([[], []]);
});

test.each([
  ['at once', false],
  ['after an attempt that was interrupted when its containers were gone', true],
])(
  'when a preview goes %s, its containers, network, volumes and images go, and nothing of others',
  async (_when, begun) => {
    const { target, release, fake, engine } = await create();
    fake.addVolume('theirs', { 'vitrine.server': 'http://other.example' });
    fake.addVolume('own-data', {});
    const networks = fake.networks();
    const images = fake.images();
    const { handle } = await target.deploy(await release('pr-1-shop', 1), OPTIONS, runWith());
    // Its data, and the record of its port.
    expect(await engine.volumes({ 'vitrine.environment': 'pr-1-shop' })).toHaveLength(2);
    const containers = await engine.containers({ 'vitrine.environment': 'pr-1-shop' });
    if (begun) for (const { id } of containers) await engine.removeContainer(id);
    await target.destroy(handle, runWith());
    expect([fake.containers(), fake.networks(), fake.images()]).toEqual([[], networks, images]);
    expect((await engine.volumes({})).map(({ name }) => name)).toEqual(['theirs', 'own-data']);
  },
);

test('images that were pulled before a crash are found with what was made, and removed', async () => {
  const { target, release, fake, engine } = await create();
  const images = fake.images();
  const wanted = await release('pr-1-shop', 1);
  fake.forgetImage(`${HOST}/pr-1-shop/web@${DIGEST}`);
  const pulling: ContainerEngine = {
    ...engine,
    pullImage: async ({ reference }) => fake.addImage(reference, { Cmd: ['serve', 'x'] }),
  };
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  // The server is killed while Compose starts the file.
  const compose = {
    up: () => new Promise<never>(() => reach()),
    start: async () => ({ ok: true }) as const,
  };
  const registryLogin = async () => ({ host: HOST, auth: { username: 'run', password: '' } });
  void createComposeTarget({ ...dockerParts({ engine: pulling }), compose, registryLogin }).deploy(
    wanted,
    OPTIONS,
    runWith(),
  );
  await reached;
  fake.forgetImage(`${HOST}/pr-1-shop/helper@${DIGEST}`);
  for await (const handle of target.list(runWith())) {
    expect(handle).toMatchObject({ deploymentId: 'd1', service: 'web', port: 3000 });
    expect(handle.images).toEqual([`${HOST}/pr-1-shop/web@${DIGEST}`]);
    await target.destroy(handle, runWith());
  }
  expect([fake.images(), fake.volumes(), fake.networks()]).toEqual([images, [], []]);
});

test('an image that the engine has only after its pull was broken off is removed', async () => {
  const { release, fake, engine } = await create();
  const wanted = await release('pr-1-shop', 1);
  const reference = `${HOST}/pr-1-shop/web@${DIGEST}`;
  fake.forgetImage(reference);
  const before = fake.images();
  let stored: Promise<void> = Promise.resolve();
  const pullImage = async () => {
    stored = pause(100).then(() => fake.addImage(reference, { Cmd: ['serve', 'x'] }));
    throw new Error('The pull was broken off.');
  };
  const compose = { up: async () => ({ ok: true }) as const, start: async () => ({ ok: true }) as const };
  const registryLogin = async () => ({ host: HOST, auth: { username: 'run', password: '' } });
  const parts = dockerParts({ engine: { ...engine, pullImage } });
  const target = createComposeTarget({ ...parts, compose, registryLogin });
  await expect(target.deploy(wanted, OPTIONS, runWith())).rejects.toThrow('broken off');
  await stored;
  expect([fake.images(), fake.volumes()]).toEqual([before, []]);
});

test('while another server starts the same services, it waits for them and asks for no others', async () => {
  const { release, engine, compose } = await create();
  const files: unknown[] = [];
  const up: typeof compose.up = async (wanted, run) => {
    files.push(wanted.file);
    const line =
      'Conflict. The container name "/shop-web-1" is already in use by container "1". You have to remove it.';
    return files.length === 1 ? { ok: false, lines: [line] } : compose.up(wanted, run);
  };
  const registryLogin = async () => ({ host: HOST, auth: { username: 'run', password: '' } });
  const target = createComposeTarget({
    ...dockerParts({ engine }),
    compose: { ...compose, up },
    registryLogin,
  });
  await target.deploy(await release('pr-1-shop', 1), OPTIONS, runWith());
  expect(files[1]).toEqual(files[0]);
});

test('a file that cannot be used is refused with its lines, and nothing is made', async () => {
  const { target, release, fake } = await create();
  const file = 'services:\n  web:\n    build: .\n    privileged: true\n';
  const work = target.deploy(await release('pr-1-shop', 1, file), OPTIONS, runWith());
  await expect(work).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringContaining('line 4: services.web.privileged'),
  });
  expect(fake.containers()).toEqual([]);
});

test('an image that the machine has is not started for a file that may not pull it', async () => {
  const { target, release, fake } = await create();
  for (const image of [`${HOST}/pr-9-other/web@${DIGEST}`, 'private:1']) {
    fake.addImage(image, { Cmd: ['serve', 'theirs'] });
    const file = `services: { web: { build: ., expose: [3000] }, spy: { image: "${image}" } }`;
    const lines: string[] = [];
    const work = target.deploy(await release('pr-1-shop', 1, file), OPTIONS, runWith(lines));
    await expect(work).rejects.toThrow();
    expect(lines).toContain(`Pulling ${image}`);
    expect(fake.containers()).toEqual([]);
  }
});

test('a service that ends says how, with its last lines in the log', async () => {
  const { target, release, fake } = await create();
  const wanted = await release('pr-1-shop', 1);
  fake.addImage(`${HOST}/pr-1-shop/web@${DIGEST}`, { Cmd: ['fail', '3', 'no database'] });
  const lines: string[] = [];
  await expect(target.deploy(wanted, OPTIONS, runWith(lines))).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringContaining('exit code 3'),
  });
  expect(lines).toContainEqual(expect.stringContaining('no database'));
  expect(fake.containers()).toEqual([]);
});
