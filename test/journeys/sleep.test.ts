import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commitLabel } from '../../src/shared/preview-url.js';
import { getEnvironment, listContainers, wakeEnvironment } from '../../src/contract/environments.js';
import { destroyEnvironment } from '../../src/environments/destroy.js';
import { SETTLE_MS } from '../../src/reconcile/sleep.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { CONTAINER_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { eventually } from '../../demo/expect.js';
import { apiClient } from '../support/api-client.js';
import { openConnections } from '../support/connections.js';
import { openPrograms } from '../support/program-stage.js';

const MINUTE = 60_000;
const BROWSER = { accept: 'text/html,application/xhtml+xml', 'sec-fetch-mode': 'navigate' };
const STATUS = { path: '/.well-known/vitrine/status' };

let stage: Awaited<ReturnType<typeof openPrograms>>;

beforeAll(async () => {
  stage = await openPrograms({ servers: 2 });
});
afterAll(() => stage[Symbol.asyncDispose]());

const stateOf = async (slug: string) =>
  (JSON.parse((await stage.visit(slug, STATUS)).body) as { state: string }).state;

function until<T>(look: () => Promise<T>, fits: (found: T) => boolean, otherwise: string): Promise<T> {
  return eventually(look, { until: fits, otherwise });
}

const awake = (environment: StoredEnvironment) =>
  until(
    () => stage.read(environment),
    ({ asleep }) => asleep === null,
    'It did not wake up.',
  );

test('a preview without visitors falls asleep, and its first visitor waits for its program and gets the answer', async () => {
  const environment = await stage.show('pr-1-site');
  expect(await stage.look()).toBe(0);
  expect(await stage.doze()).toBe(1);
  expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.sleeping);
  // The document says it before the program is stopped.
  expect(stage.program(environment).port).not.toBeNull();
  stage.pass(SETTLE_MS);
  expect(await stage.look()).toBe(1);
  expect(stage.program(environment).port).toBeNull();
  expect(await stage.containers(environment)).toMatchObject([
    { status: CONTAINER_STATUS.stopped, stoppedAt: expect.any(Date) },
  ]);
  expect(await stateOf('pr-1-site')).toBe(ENVIRONMENT_STATUS.sleeping);
  expect(stage.program(environment).starts).toBe(1);

  const came = await stage.visit('pr-1-site', { path: '/late?a=1' });
  expect([came.status, came.body]).toEqual([200, 'hello from /late?a=1']);
  const { status, current, asleep, resources } = await stage.read(environment);
  const { port } = stage.program(environment);
  expect([status, asleep, resources[0]?.reach]).toEqual([ENVIRONMENT_STATUS.ready, null, current?.reach]);
  expect(current?.reach).toMatchObject({ port });
  const client = apiClient(stage.app, stage.app.operatorToken);
  const { items } = await client(listContainers, { params: { id: environment.id }, query: {} });
  expect(items).toMatchObject([{ status: CONTAINER_STATUS.running, stoppedAt: null, port, service: 'app' }]);
  // It was just visited.
  expect(await stage.look()).toBe(0);
});

test('the host of the live commit wakes it too, and visitors of both servers are one start', async () => {
  const environment = await stage.show('pr-2-site');
  await stage.fallAsleep();
  const [first, second] = stage.servers;
  const commit = commitLabel({ sha: environment.current?.sha ?? '', label: 'pr-2-site' });
  const visits = [first, second, first, second].map((server, index) =>
    stage.visit(index < 2 ? commit : 'pr-2-site', {}, server),
  );
  expect((await Promise.all(visits)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(stage.program(environment).starts).toBe(2);
});

test('a browser gets a page that says so, and the preview once it is awake', async () => {
  const environment = await stage.show('pr-3-site');
  await stage.fallAsleep();
  const { status, headers, body } = await stage.visit('pr-3-site', BROWSER);
  expect([status, headers['retry-after'], headers['cache-control']]).toEqual([503, '5', 'no-store']);
  expect(body).toContain('This preview is waking up');
  await awake(environment);
  expect(await stateOf('pr-3-site')).toBe('live');
  expect((await stage.visit('pr-3-site', BROWSER)).status).toBe(200);
});

test('a service with an address of its own keeps its preview awake, and wakes it', async () => {
  const environment = await stage.show('pr-14-shop');
  const address = 'api-pr-14-shop';
  const { socket, head } = await stage.upgrade(address);
  expect(head).toMatch(/^HTTP\/1.1 101/);
  stage.pass(40 * MINUTE);
  await stage.app.flushVisits();
  await stage.look();
  expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.ready);
  socket.destroy();
  await until(
    async () => stage.fallAsleep().then(() => stage.program(environment).port),
    (port) => port === null,
    'It stays awake.',
  );
  expect(await stateOf(address)).toBe(ENVIRONMENT_STATUS.sleeping);
  const came = await stage.visit(address, { path: '/items' });
  expect([came.status, came.body]).toEqual([200, 'hello from /items']);
  const { current } = await stage.read(environment);
  const { port } = stage.program(environment);
  expect(current?.reach).toMatchObject({ port, addresses: [{ service: 'api', port }] });
  const client = apiClient(stage.app, stage.app.operatorToken);
  const answer = await client(getEnvironment, { params: { id: environment.id } });
  expect(answer.addresses).toEqual([{ service: 'api', url: 'http://api-pr-14-shop.localhost' }]);
});

test('a WebSocket keeps its preview awake as long as it is open, and wakes one that sleeps', async () => {
  const environment = await stage.show('pr-4-site');
  const [, second] = stage.servers;
  const { socket, head } = await stage.upgrade('pr-4-site', second);
  expect(head).toMatch(/^HTTP\/1.1 101/);
  const visited = async () => (await stage.read(environment)).activeAt ?? new Date(0);
  const before = await until(visited, (at) => at > new Date(0), 'The visit was not written down.');
  stage.pass(40 * MINUTE);
  // Every process does it once a minute by itself, and before it ends.
  await second?.flushVisits();
  expect((await visited()).getTime()).toBeGreaterThan(before.getTime());
  await stage.look();
  expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.ready);
  socket.destroy();
  await until(
    async () => stage.fallAsleep().then(() => stage.program(environment).port),
    (port) => port === null,
    'It stays awake.',
  );
  const refused = await stage.upgrade('pr-4-site');
  refused.socket.destroy();
  expect(refused.head).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 5/);
  await awake(environment);
});

test('as long as one of many connections is open, of WebSockets or of streams of events, a preview stays awake', async () => {
  const environment = await stage.show('pr-11-site');
  stage.target.answerWith((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: welcome\n\n');
  });
  const [first] = stage.servers;
  const port = first?.port ?? 0;
  const connections = await openConnections({
    port,
    host: `pr-11-site.localhost:${String(port)}`,
    count: 40,
  });
  // The last one is a stream of events.
  for (const left of [40, 2, 1]) {
    connections.closeTo(left);
    stage.pass(40 * MINUTE);
    await first?.flushVisits();
    await stage.look();
    expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.ready);
  }
  connections.closeTo(0);
  await until(
    async () => stage.fallAsleep().then(() => stage.program(environment).port),
    (open) => open === null,
    'It stays awake.',
  );
  stage.target.answerWith((request, response) => response.end(`hello from ${request.url ?? ''}`));
});

test('who comes between the document and the stop is answered, and the program is not stopped', async () => {
  const environment = await stage.show('pr-5-site');
  // This server has read that it is awake.
  expect((await stage.visit('pr-5-site')).status).toBe(200);
  await stage.doze();
  expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.sleeping);
  await stage.app.ports.environments.recordActivity(environment.id, stage.clock.now());
  stage.pass(SETTLE_MS);
  await stage.look();
  expect(await stage.read(environment)).toMatchObject({ status: ENVIRONMENT_STATUS.ready, asleep: null });
  await stage.doze();
  expect((await stage.visit('pr-5-site')).status).toBe(200);
  stage.pass(SETTLE_MS);
  await stage.look();
  expect(stage.program(environment)).toMatchObject({ starts: 1, port: expect.any(Number) });
});

test('after a crash between the document and the stop, and after the stop, another server goes on', async () => {
  const environment = await stage.show('pr-6-site');
  const [first, second] = stage.servers;
  await stage.doze();
  stage.pass(SETTLE_MS);
  stage.target.faults.beforeStop = () => Promise.reject(new Error('gone'));
  await stage.look(first);
  stage.target.faults.beforeStop = null;
  expect(stage.program(environment).port).not.toBeNull();
  await stage.look(second);
  expect(stage.program(environment).port).toBeNull();
  // Its server died before it wrote that.
  const { asleep } = await stage.read(environment);
  const since = asleep?.since ?? new Date();
  const open = { asleep: { since, stoppedAt: null, failedAt: null } };
  await stage.app.ports.environments.change(await stage.read(environment), { patch: open, due: [] });
  await stage.look(second);
  expect((await stage.read(environment)).asleep?.stoppedAt).not.toBeNull();
  expect((await stage.visit('pr-6-site')).status).toBe(200);
});

test('a program that does not start again says so, to visitors without what its host said, and is tried again', async () => {
  const environment = await stage.show('pr-7-site');
  await stage.fallAsleep();
  stage.target.faults.wake = new Error('engine: no space left on /var/lib/engine');
  const { status, body, headers } = await stage.visit('pr-7-site');
  expect([status, headers['retry-after']]).toEqual([502, '30']);
  expect(body).toContain('This preview did not wake up');
  expect(body).not.toContain('engine');
  expect(await stateOf('pr-7-site')).toBe('unwakeable');
  const { health } = await stage.read(environment);
  expect(health).toMatchObject({ state: 'unhealthy', detail: 'Its program could not be started again.' });
  stage.target.faults.wake = null;
  // Not at once: a program that cannot start would be started all the time.
  expect((await stage.visit('pr-7-site')).status).toBe(502);
  stage.pass(MINUTE);
  expect((await stage.visit('pr-7-site')).status).toBe(200);
  expect((await stage.read(environment)).health).toBeNull();
});

test('a person wakes it by the API, and one that is removed while it wakes up stays removed', async () => {
  const environment = await stage.show('pr-8-site');
  await stage.fallAsleep();
  const client = apiClient(stage.app, stage.app.operatorToken);
  const params = { id: environment.id };
  expect(await client(wakeEnvironment, { params })).toMatchObject({ status: ENVIRONMENT_STATUS.ready });
  await stage.fallAsleep();
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const reached = new Promise<void>((resolve) => {
    stage.target.faults.beforeWake = () => {
      resolve();
      return held;
    };
  });
  const waking = client(wakeEnvironment, { params }).catch((error: unknown) => error);
  await reached;
  const how = { actor: 'mona', rule: 'asked', detail: 'Not wanted.' } as const;
  await destroyEnvironment(stage.app.ports, { environmentId: environment.id, ...how });
  goOn();
  stage.target.faults.beforeWake = null;
  expect(await waking).toMatchObject({ code: 'environment_gone' });
  await until(
    () => stage.read(environment),
    ({ status }) => status === ENVIRONMENT_STATUS.destroyed,
    'It is not removed.',
  );
  expect(stage.target.programs.has(environment.current?.deploymentId ?? '')).toBe(false);
  expect(await stage.containers(environment)).toEqual([]);
});

test('one that never sleeps does not, and a file preview has nothing to stop', async () => {
  const environment = await stage.show('pr-9-site', { sleepAfter: 'never' });
  const sooner = await stage.show('pr-10-site', { sleepAfter: '5m' });
  stage.pass(6 * MINUTE);
  await stage.look();
  expect((await stage.read(sooner)).status).toBe(ENVIRONMENT_STATUS.sleeping);
  await stage.fallAsleep();
  expect((await stage.read(environment)).status).toBe(ENVIRONMENT_STATUS.ready);
});
