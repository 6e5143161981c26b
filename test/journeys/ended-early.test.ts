import { expect, test } from '@jest/globals';
import type { Ports } from '../../app/ports.js';
import { visit } from '../../demo/visit.js';
import { reconcileStuck, SILENT_MS, UNCLAIMED_MS } from '../../src/reconcile/stuck.js';
import { observeWorkflowRun } from '../../src/runs/ended.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const MINUTE = 60_000;

const startRun = (world: World, number: number, workflow: string) =>
  world.github.startRun({ repository: REPOSITORY, number, workflow });
type Run = Awaited<ReturnType<typeof startRun>>;

async function finish(world: World, run: Run, conclusion: Parameters<World['github']['finishRun']>[1]) {
  world.github.finishRun(run, conclusion);
  await world.drain();
}

const newest = async (world: World, number: number) => (await lookAt(world, number)).deployments[0];

/** A preview went live before, so that it is known which workflow brings it. */
async function withKnownWorkflow(world: World) {
  const { number } = await openPullRequest(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  return { number, sha };
}

test('a workflow that fails before its preview step ends the wait at once, with its name and its log, and a re-run goes live', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const run = await startRun(world, number, 'preview');
  await finish(world, run, CONCLUSION.failure);

  const { environment, deployments } = await lookAt(world, number);
  expect(deployments).toMatchObject([
    {
      status: DEPLOYMENT_STATUS.failed,
      error: 'The workflow ended before the preview step started: "preview" (failure).',
      logsUrl: `${world.github.url}/${REPOSITORY}/actions/runs/${run.id}`,
    },
  ]);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.failed);
  const [check] = await world.reviewer.checks(sha);
  expect(check?.conclusion).toBe(CONCLUSION.failure);
  expect(check?.output.summary).toMatch(/ended before the preview step started/);
  expect(check?.output.summary).toContain(`/actions/runs/${run.id}`);
  expect(world.github.violations.filter(({ side }) => side === 'request')).toEqual([]);

  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  const healed = (await lookAt(world, number)).environment;
  expect(healed).toMatchObject({ status: ENVIRONMENT_STATUS.ready, error: null });
  expect((await visit(healed.url)).status).toBe(200);
  expect((await world.reviewer.checks(sha)).at(-1)?.conclusion).toBe(CONCLUSION.success);
});

test('a lint workflow that fails says nothing about a preview whose workflow still runs', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await startRun(world, number, 'preview');
  await finish(world, await startRun(world, number, 'lint'), CONCLUSION.failure);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
});

test('as long as it is not known which workflow brings the preview, all of them must have ended', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const tests = await startRun(world, number, 'tests');
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.failure);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
  await finish(world, tests, CONCLUSION.success);
  expect(await newest(world, number)).toMatchObject({
    status: DEPLOYMENT_STATUS.failed,
    error: expect.stringContaining('"preview" (failure)'),
  });
});

test('once it is known, the preview workflow alone decides, however long the others take and however they end', async () => {
  await using world = await startWorld();
  const { number } = await withKnownWorkflow(world);
  await finish(world, await startRun(world, number, 'lint'), CONCLUSION.failure);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
  await startRun(world, number, 'tests');
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.failure);
  const { environment, deployments } = await lookAt(world, number);
  expect(deployments[0]).toMatchObject({
    status: DEPLOYMENT_STATUS.failed,
    error: expect.stringContaining('"preview"'),
  });
  // What was live stays live.
  expect((await visit(environment.url)).status).toBe(200);
});

test('a cancelled workflow leaves a cancelled preview, and the run that comes after all brings it', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.cancelled);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.cancelled);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.cancelled);
  const late = await runPreview(world, { number });
  expect(late.log).not.toMatch(/newer commit/);
  expect(late.exitCode).toBe(0);
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
});

test('closed and reopened it waits anew, without the reason and the log of the run that ended', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.failure);
  expect((await newest(world, number))?.logsUrl).not.toBeNull();
  const at = { repository: REPOSITORY, number };
  world.github.closePullRequest(at);
  await world.drain();
  world.github.reopenPullRequest(at);
  await world.drain();
  expect(await newest(world, number)).toMatchObject({
    status: DEPLOYMENT_STATUS.queued,
    error: null,
    logsUrl: null,
  });
});

test('a list of GitHub that lags behind its event is not believed, but a newer attempt is', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const { ports } = world.app;
  const run = { id: '900', attempt: 1, name: 'preview', workflow: null, conclusion: null, url: null };
  const times = { startedAt: null, endedAt: null };
  const showing = (attempt: number): Ports => {
    const workflowRuns = async () => [{ ...run, ...times, attempt }];
    return { ...ports, github: { ...ports.github, workflowRuns } };
  };
  const ended = {
    repoId: world.repoId(),
    sha,
    runId: '900',
    attempt: 1,
    conclusion: CONCLUSION.failure,
    endedAt: null,
  };
  expect(await observeWorkflowRun(showing(2), ended)).toMatchObject({ rule: 'nothing-open' });
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
  expect(await observeWorkflowRun(showing(1), ended)).toMatchObject({ rule: 'run-ended' });
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.failed);
});

test('a run that waits for a person to approve it has not ended', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.actionRequired);
  await finish(world, await startRun(world, number, 'lint'), CONCLUSION.failure);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
});

test('workflows that all ended well without a preview step are told after a quarter of an hour, not after a whole one', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await finish(world, await startRun(world, number, 'lint'), CONCLUSION.success);
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.skipped);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
  expect(await reconcileStuck(portsIn(SILENT_MS - MINUTE, world))).toBe(0);
  expect(await reconcileStuck(portsIn(SILENT_MS + MINUTE, world))).toBe(1);
  expect(await newest(world, number)).toMatchObject({
    status: DEPLOYMENT_STATUS.failed,
    error: expect.stringMatching(/none started a preview step: "preview" \(skipped\), "lint" \(success\)/),
  });
});

test('where GitHub does not let us look at its runs, the wait of an hour stands', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  world.github.fail({ kind: 'status', path: /\/actions\/runs/, status: 403, times: 99 });
  await finish(world, await startRun(world, number, 'preview'), CONCLUSION.failure);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
  expect(await reconcileStuck(portsIn(SILENT_MS + MINUTE, world))).toBe(0);
  expect(await reconcileStuck(portsIn(UNCLAIMED_MS + MINUTE, world))).toBe(1);
});

const HOUR = 60 * MINUTE;

/** A draft whose workflow ran, and was told that there is no preview. GitHub's clock moves by hand. */
async function draftThatRan() {
  const clock = { now: Date.now() - HOUR };
  const world = await startWorld({ github: { clock: () => clock.now } });
  const draft = { repository: REPOSITORY, head: 'draft', draft: true };
  const { pullRequest } = await world.github.openPullRequest(draft);
  await world.drain();
  const { number, head } = pullRequest;
  const markReady = async () => {
    clock.now = Date.now();
    world.github.markReadyForReview({ repository: REPOSITORY, number });
    await world.drain();
  };
  return { world, number, sha: head.sha, markReady, clock };
}

test('a run that ended before the commit was to have a preview says nothing of the wait since, however it ended', async () => {
  const { world: made, number, sha, markReady } = await draftThatRan();
  await using world = made;
  await runPreview(world, { number });
  await finish(world, await startRun(world, number, 'lint'), CONCLUSION.failure);
  await markReady();
  expect(await reconcileStuck(portsIn(SILENT_MS + MINUTE, world))).toBe(0);
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
  const [check] = await world.reviewer.checks(sha);
  expect(check?.output.summary).toMatch(
    /ready_for_review.*re-run it to build this commit.*\/pull\/\d+\/checks/,
  );
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/re-run it to build this commit/);

  expect(await reconcileStuck(portsIn(UNCLAIMED_MS + MINUTE, world))).toBe(1);
  expect((await newest(world, number))?.error).toMatch(/for new commits only: re-run it/);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
});

test('the end of a run from before, heard of late, ends nothing', async () => {
  const { world: made, number, markReady } = await draftThatRan();
  await using world = made;
  const run = await startRun(world, number, 'preview');
  world.github.webhooks.hold();
  world.github.finishRun(run, CONCLUSION.failure);
  const [late] = world.github.webhooks.deliveries.slice(-1);
  await markReady();
  for (const delivery of world.github.webhooks.deliveries.slice(-1))
    await world.github.webhooks.send(delivery);
  await world.app.drain();
  if (late) await world.github.webhooks.send(late);
  await world.drain();
  expect((await newest(world, number))?.status).toBe(DEPLOYMENT_STATUS.queued);
});

test('a run that began before the commit was to have a preview, and ended after, is told with the advice to re-run it', async () => {
  const { world: made, number, markReady, clock } = await draftThatRan();
  await using world = made;
  const run = await startRun(world, number, 'preview');
  await markReady();
  clock.now = Date.now() + MINUTE;
  await finish(world, run, CONCLUSION.success);
  expect(await reconcileStuck(portsIn(SILENT_MS + MINUTE, world))).toBe(1);
  expect((await newest(world, number))?.error).toMatch(/without a preview step.*re-run it/);
});
