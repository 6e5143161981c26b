import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Delivery } from '../../demo/github/webhooks/delivery.js';
import { visit } from '../../demo/visit.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, DELIVERY_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

/** Opened, pushed to, live and closed: what GitHub sent about it, in order. */
async function livedAndClosed(world: World) {
  const { github } = world;
  const opened = await github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  const { number } = opened.pullRequest;
  await world.drain();
  const pushed = await github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  const closed = github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const sent = [opened, ...pushed.pullRequests, closed].map(({ delivery }) => delivery);
  return { number, environment, sent };
}

async function replay(world: World, delivery: Delivery, event = delivery.event) {
  const renamed = { ...delivery, headers: { ...delivery.headers, 'x-github-event': event } };
  const guid = randomUUID();
  const [attempt] = await world.github.webhooks.send(renamed, { guids: [guid] });
  await world.drain();
  const { items } = await world.app.ports.inbox.list({}, { limit: 100 });
  return { status: attempt?.status, kept: items.find((item) => item.guid === guid) };
}

const filesOf = ({ dataDir }: World) =>
  readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();

test('what was sent while a pull request lived, sent again after it was closed, brings nothing back', async () => {
  await using world = await startWorld({ files: { 'index.html': '<h1>Hello</h1>\n' } });
  const { number, environment, sent } = await livedAndClosed(world);
  const before = { seen: await lookAt(world, number), files: filesOf(world), writes: world.github.writes() };
  for (const delivery of sent.slice(0, -1)) {
    const { status, kept } = await replay(world, delivery);
    expect(status).toBe(202);
    // GitHub's times have a grain of a second: what was sent in the second of the closing is asked about instead.
    const rule = expect.stringMatching(/^(stale-event|closed-already)$/);
    expect(kept).toMatchObject({ status: DELIVERY_STATUS.ignored, decision: { rule } });
  }
  expect((await replay(world, sent.at(-1) as Delivery)).status).toBe(202);
  const { environment: after, deployments } = await lookAt(world, number);
  expect(after).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, current: null, resources: [] });
  expect(after.generation).toBe(before.seen.environment.generation);
  expect(deployments).toEqual(before.seen.deployments);
  expect(deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.success,
    DEPLOYMENT_STATUS.superseded,
  ]);
  expect((await visit(environment.url)).status).toBe(410);
  expect(filesOf(world)).toEqual(before.files);
  expect(world.github.writes()).toBe(before.writes);
});

test.each(['repository', 'installation', 'installation_repositories', 'check_run', 'workflow_run'])(
  'a pull request that calls itself a %s event is refused and not kept',
  async (event) => {
    await using world = await startWorld();
    const { delivery } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
    await world.drain();
    const { status, kept } = await replay(world, delivery, event);
    expect([status, kept]).toEqual([400, undefined]);
  },
);

test('a pull request under the name of an event that nobody handles is kept, ignored and changes nothing', async () => {
  await using world = await startWorld();
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await world.drain();
  const before = (await lookAt(world, opened.pullRequest.number)).environment;
  const { status, kept } = await replay(world, opened.delivery, 'pull_request_review');
  expect(status).toBe(202);
  expect(kept).toMatchObject({ status: DELIVERY_STATUS.ignored, decision: { rule: 'event-not-used' } });
  expect((await lookAt(world, opened.pullRequest.number)).environment).toEqual(before);
});
