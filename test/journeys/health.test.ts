import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { createHealthCheck } from '../../src/reconcile/health.js';
import { lookAt } from '../support/look-at.js';
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
  const look = createHealthCheck(world.app.ports);
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
  expect(await createHealthCheck(world.app.ports)()).toBe(0);
  expect((await lookAt(world, number)).environment.health ?? null).toBeNull();
});
