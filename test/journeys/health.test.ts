import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { wakeEnvironment } from '../../src/deployments/wake.js';
import { createHealthCheck, HOSTS, PROGRAMS } from '../../src/reconcile/health.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { openPrograms } from '../support/program-stage.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, startWorld } from '../support/start-world.js';

/** A host that answers every page in one way. */
async function startHost() {
  const host = { status: 200, url: '', asked: [] as string[] };
  const server = createServer((request, response) => {
    host.asked.push(request.url ?? '');
    response.statusCode = host.status;
    response.end('<h1>Elsewhere</h1>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return Object.assign(host, {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function openLinked() {
  const host = await startHost();
  const world = await startWorld();
  const { number } = await openPullRequest(world);
  const inputs = { url: `${host.url}/pr-1`, 'health-path': '/healthz' };
  expect((await runPreview(world, { number, inputs })).exitCode).toBe(0);
  await world.drain();
  const look = createHealthCheck(world.app.ports, HOSTS);
  return {
    host,
    world,
    number,
    async look() {
      const changed = await look();
      await world.drain();
      return changed;
    },
    comment: async () => (await world.reviewer.comments(number))[0]?.body ?? '',
    health: async () => (await lookAt(world, number)).environment.health,
    checks: async () => {
      const { environment } = await lookAt(world, number);
      const id = environment.current?.deploymentId ?? '';
      return (await world.app.ports.healthChecks.listOf(id, { limit: 5 })).items;
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

test('a live preview that stops answering is reported once two looks agree, and again when it is back', async () => {
  await using stage = await openLinked();
  const { host, look, comment, health } = stage;
  expect(await look()).toBe(1);
  expect(await health()).toMatchObject({ state: 'live' });
  // Where the run looked, not at the start page.
  expect(host.asked.at(-1)).toBe('/healthz');
  expect((await stage.checks())[0]).toMatchObject({ httpStatus: 200, live: true, detail: null });
  host.status = 503;
  expect(await look()).toBe(0);
  expect(await comment()).not.toMatch(/does not answer/);
  expect(await look()).toBe(1);
  expect(await comment()).toMatch(/does not answer as it should[^]*HTTP 503/);
  expect(await look()).toBe(0);
  host.status = 200;
  expect(await look()).toBe(1);
  expect(await comment()).not.toMatch(/does not answer/);
});

test('what a good answer is comes from the run, for the run and for each look after it', async () => {
  await using host = await startHost();
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  host.status = 401;
  const rules = { 'health-status': '200-299, 401', 'health-timeout': '5s' };
  const inputs = { url: `${host.url}/pr-1`, 'health-path': '/healthz', ...rules };
  expect((await runPreview(world, { number, inputs })).exitCode).toBe(0);
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment.current?.reach).toMatchObject({ healthTimeoutMs: 5_000, healthStatus: '200-299,401' });
  const look = createHealthCheck(world.app.ports, HOSTS);
  const state = async () => {
    await look();
    await look();
    return (await lookAt(world, number)).environment.health?.state;
  };
  expect(await state()).toBe('live');
  host.status = 302;
  expect(await state()).toBe('unhealthy');
});

test('one bad answer between good ones is no news', async () => {
  await using stage = await openLinked();
  await stage.look();
  for (const status of [503, 200, 503, 200]) {
    stage.host.status = status;
    expect(await stage.look()).toBe(0);
  }
  expect(await stage.health()).toMatchObject({ state: 'live' });
});

test('a preview that was removed from its host says so in check and comment', async () => {
  await using stage = await openLinked();
  stage.host.status = 404;
  await stage.look();
  await stage.look();
  expect(await stage.health()).toMatchObject({ state: 'gone', detail: 'It answers HTTP 404.' });
  // Every look is kept, also the one that changed nothing yet.
  expect((await stage.checks()).map(({ httpStatus, live }) => [httpStatus, live])).toEqual([
    [404, false],
    [404, false],
  ]);
  expect(await stage.comment()).toMatch(/not at its URL any more/);
  const { environment } = await lookAt(stage.world, stage.number);
  const [check] = await stage.world.reviewer.checks(environment.head?.sha ?? '');
  expect(check?.output.summary).toMatch(/not at its URL any more/);
});

test('what this server serves itself is not asked over HTTP', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  expect(await createHealthCheck(world.app.ports, HOSTS)()).toBe(0);
  expect((await lookAt(world, number)).environment.health ?? null).toBeNull();
});

test('a program is unwell after three misses, says so to its visitors, and is well again after one look', async () => {
  await using stage = await openPrograms();
  const environment = await stage.show('pr-1-site');
  const look = createHealthCheck(stage.app.ports, PROGRAMS);
  const health = async () => (await stage.read(environment)).health;
  const { asked } = stage.program(environment);
  expect([await look(), (await health())?.state]).toEqual([1, 'live']);
  // Not through the proxy: it is nobody's visit.
  expect(asked).toEqual([{ path: '/', agent: 'vitrine-health' }]);
  expect((await stage.read(environment)).activeAt ?? null).toBeNull();
  stage.target.answerWith((_request, response) => response.writeHead(500).end('oops'));
  expect([await look(), await look(), (await health())?.state]).toEqual([0, 0, 'live']);
  expect(await look()).toBe(1);
  expect(await health()).toMatchObject({ state: 'unhealthy', detail: 'It answers HTTP 500 at /.' });
  // What it still answers is its own.
  expect((await stage.visit('pr-1-site')).body).toBe('oops');
  stage.target.answerWith((_request, response) => response.end('well'));
  expect(await look()).toBe(1);
  expect(await health()).toMatchObject({ state: 'live' });
  const { items } = await stage.app.ports.healthChecks.listOf(environment.current?.deploymentId ?? '', {
    limit: 10,
  });
  expect(items.map(({ live, brief }) => [live, brief ?? false])).toEqual([
    [true, false],
    [false, true],
    [false, true],
    [false, false],
    [true, false],
  ]);
  // Nobody looks at one that sleeps.
  await stage.fallAsleep();
  const before = asked.length;
  expect(await look()).toBe(0);
  expect(asked).toHaveLength(before);
});

test('visitors of a program that ended see that, once it was found, until it is started again', async () => {
  await using stage = await openPrograms();
  const environment = await stage.show('pr-1-site');
  const look = createHealthCheck(stage.app.ports, PROGRAMS);
  stage.target.inspectAs({
    state: 'unhealthy',
    detail: 'It ended with exit code 137: it used more than its memory.',
  });
  await stage.target.crash(environment.current?.deploymentId ?? '');
  expect((await stage.visit('pr-1-site')).body).toContain('This preview does not answer');
  for (let round = 0; round < 3; round += 1) await look();
  expect((await stage.read(environment)).health).toMatchObject({ detail: expect.stringMatching(/137/) });
  const { status, body } = await stage.visit('pr-1-site');
  expect([status, body.includes('This preview has stopped working')]).toEqual([502, true]);
  stage.target.inspectAs(null);
  await wakeEnvironment(stage.app.ports, { environmentId: environment.id, unwellToo: true });
  expect((await stage.visit('pr-1-site')).body).toContain('hello');
});

test('a program that its engine started again at another port is reached there after the next look', async () => {
  await using stage = await openPrograms();
  const environment = await stage.show('pr-1-site');
  const id = environment.current?.deploymentId ?? '';
  const { port: before } = stage.program(environment);
  await stage.target.crash(id);
  // Another program of the machine has the port now.
  const other = createServer((_request, response) => response.end('of others'));
  await new Promise<void>((resolve) => other.listen(before ?? 0, '127.0.0.1', resolve));
  await stage.target.restart(id);
  const look = createHealthCheck(stage.app.ports, PROGRAMS);
  await look();
  const { port } = stage.program(environment);
  expect(port).not.toBe(before);
  const { current, resources, activeAt } = await stage.read(environment);
  expect([current?.reach, resources[0]?.reach, activeAt ?? null]).toMatchObject([{ port }, { port }, null]);
  expect(await stage.containers(environment)).toMatchObject([{ port }]);
  expect((await stage.visit('pr-1-site')).body).toContain('hello from');
  other.close();
});

test('a service with an address of its own is followed to another port too', async () => {
  await using stage = await openPrograms();
  const environment = await stage.show('pr-1-shop');
  const reach = environment.current?.reach;
  if (reach?.kind !== 'upstream') throw new Error('It is no program.');
  const other = createServer((_request, response) => response.end('moved'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const addresses = (reach.addresses ?? []).map((address) => ({ ...address, port }));
  stage.target.inspectAs({ state: 'live', detail: null, reach: { ...reach, addresses } });
  await createHealthCheck(stage.app.ports, PROGRAMS)();
  expect((await stage.visit('api-pr-1-shop')).body).toBe('moved');
  expect((await stage.visit('pr-1-shop')).body).toContain('hello from');
  other.close();
});

test('a program that somebody stopped at its host sleeps, and a visitor wakes it', async () => {
  await using stage = await openPrograms();
  const environment = await stage.show('pr-1-site');
  const look = createHealthCheck(stage.app.ports, PROGRAMS);
  await stage.target.crash(environment.current?.deploymentId ?? '');
  for (let round = 0; round < 3; round += 1) await look();
  expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.sleeping);
  expect((await stage.visit('pr-1-site')).status).toBe(200);
});
