import { expect, test } from '@jest/globals';
import type { Stores } from '../../app/ports.js';
import { eventually } from '../../demo/expect.js';
import { visit } from '../../demo/visit.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import type { NewDeployment } from '../../src/deployments/model.js';
import { aroundCalls } from '../support/around-calls.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { begin, end } from '../support/run-by-hand.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const HOLD = 'preview:hold';
const SKIPPED = { branch: 'change', message: 'Words only [skip preview]' };

async function building(world: World) {
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  const { number, head } = opened.pullRequest;
  await world.drain();
  const run = await begin(world, { number, sha: head.sha });
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.provisioning);
  return { number, sha: head.sha, run };
}

async function expectOvertaken(world: World, { number, run }: Awaited<ReturnType<typeof building>>) {
  const { deployments } = await lookAt(world, number);
  // One more when the pull request's event was handled before the push.
  expect(new Set(deployments.map(({ status }) => status))).toEqual(new Set([DEPLOYMENT_STATUS.superseded]));
  const late = end(world, run, { status: DEPLOYMENT_STATUS.success, url: 'https://late.example/' });
  await expect(late).rejects.toMatchObject({ code: 'stale_head' });
  expect((await lookAt(world, number)).environment.current).toBeNull();
}

test('a commit that must wait ends the build of the one before it, and nothing claims to be building', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const before = await building(world);
  world.github.labelPullRequest({ repository: REPOSITORY, number: before.number, label: HOLD });
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect((await lookAt(world, before.number)).environment.status).toBe(ENVIRONMENT_STATUS.awaitingApproval);
  await expectOvertaken(world, before);
  expect((await world.reviewer.checks(before.sha))[0]?.conclusion).toBe(CONCLUSION.cancelled);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.actionRequired);
});

test('a commit that is skipped ends the build of the one before it, and nothing claims to be building', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const before = await building(world);
  await world.github.push({ repository: REPOSITORY, ...SKIPPED });
  await world.drain();
  expect((await lookAt(world, before.number)).environment.status).toBe(ENVIRONMENT_STATUS.pending);
  await expectOvertaken(world, before);
});

test('a commit whose push says skip while its deployment is being stored leaves none that waits', async () => {
  let pushed = '';
  let act: () => Promise<void> = async () => undefined;
  const fits = ([fresh]: readonly unknown[]) => (fresh as NewDeployment).sha === pushed;
  const interruption = { method: 'ensure', when: 'before', fits } as const;
  const stores = (all: Stores): Stores => ({
    ...all,
    deployments: aroundCalls(all.deployments, { interruption, act: () => act() }),
  });
  await using world = await startWorld({
    github: { clock: secondsApart() },
    overrides: { around: { stores } },
  });
  const before = await building(world);
  world.github.webhooks.hold();
  ({ sha: pushed } = await world.github.push({ repository: REPOSITORY, ...SKIPPED }));
  const sent = (event: string) => {
    const delivery = world.github.webhooks.deliveries.findLast((one) => one.event === event);
    if (!delivery) throw new Error(`There should be an event "${event}".`);
    return world.github.webhooks.send(delivery);
  };
  act = async () => {
    await sent('push');
    await eventually(() => world.app.ports.inbox.list({}, { limit: 9 }), {
      until: ({ items }) => items[0]?.event === 'push' && items[0].decision?.action === 'update',
      otherwise: 'The push should have been handled.',
    });
  };
  await sent('pull_request');
  await world.app.drain();
  expect((await lookAt(world, before.number)).deployments).toHaveLength(2);
  await expectOvertaken(world, before);
});

test('what was live stays live, and says so, when its update is overtaken by a commit that is skipped', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number, run } = await building(world);
  await end(world, run, { status: DEPLOYMENT_STATUS.success, url: 'https://good.example/' });
  const next = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  await begin(world, { number, sha: next.sha });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.updating);
  await world.github.push({ repository: REPOSITORY, ...SKIPPED });
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({
    status: ENVIRONMENT_STATUS.ready,
    current: { url: 'https://good.example/' },
  });
});

test('a first build that failed and whose re-run is cancelled leaves a preview that waits, not one that is ready', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number, sha, run } = await building(world);
  await end(world, run, { status: DEPLOYMENT_STATUS.failed });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.failed);
  const again = await begin(world, { number, sha, attempt: 2 });
  await end(world, again, { status: DEPLOYMENT_STATUS.cancelled });
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.pending, current: null });
  expect((await visit(environment.url)).status).not.toBe(200);
});

test('a run that is overtaken by another run of its commit is told so, and of no newer commit', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number, sha, run } = await building(world);
  await begin(world, { number, sha, attempt: 2 });
  const told = 'Another run of this commit took over.';
  expect((await lookAt(world, number)).deployments).toMatchObject([
    { status: DEPLOYMENT_STATUS.running },
    { status: DEPLOYMENT_STATUS.superseded, error: told },
  ]);
  const late = end(world, run, { status: DEPLOYMENT_STATUS.success, url: 'https://late.example/' });
  await expect(late).rejects.toMatchObject({ code: 'stale_head', message: expect.stringContaining(told) });
});
