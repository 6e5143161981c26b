import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
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
