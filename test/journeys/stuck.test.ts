import { expect, test } from '@jest/globals';
import type { Ports, Stores } from '../../app/ports.js';
import { eventually } from '../../demo/expect.js';
import { visit } from '../../demo/visit.js';
import { failDeployment } from '../../src/deployments/finish.js';
import { recordProgress } from '../../src/deployments/progress.js';
import type { DeploymentPatch } from '../../src/deployments/store.js';
import { reconcileStuck, SILENT_MS, UNCLAIMED_MS } from '../../src/reconcile/stuck.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENDED_BY, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { begin, end } from '../support/run-by-hand.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const MINUTE = 60_000;

/** A run took the newest deployment on, and is heard of no more. */
async function takeOn(world: World, number: number, runId: string) {
  const { deployments } = await lookAt(world, number);
  const [waiting] = deployments;
  if (!waiting) throw new Error('There should be a deployment.');
  const { environment } = await lookAt(world, number);
  const run = { id: runId, attempt: 1, job: 'preview' };
  const patch: DeploymentPatch = { run, status: DEPLOYMENT_STATUS.running };
  await world.app.ports.deployments.change(waiting, patch);
  await world.app.ports.environments.change(environment, {
    patch: { status: ENVIRONMENT_STATUS.provisioning },
    due: ['report'],
  });
  await world.drain();
  return waiting.id;
}

async function stuckIn(world: World, ms: number) {
  const ended = await reconcileStuck(portsIn(ms, world));
  await world.drain();
  return ended;
}

const endsOf = async (world: World, number: number) =>
  (await lookAt(world, number)).deployments.map(({ endedBy }) => endedBy);

const wordsOf = async (world: World, number: number) =>
  (await lookAt(world, number)).deployments.map(({ status, error }) => [status, error]);

test('a commit that no run takes on fails after an hour and says what to do, and doing that works', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  expect(await stuckIn(world, UNCLAIMED_MS - MINUTE)).toBe(0);
  expect(await stuckIn(world, UNCLAIMED_MS + MINUTE)).toBe(1);
  const advice = /No workflow run took this commit on within an hour: add a job .* or re-run it/;
  expect(await wordsOf(world, number)).toEqual([[DEPLOYMENT_STATUS.failed, expect.stringMatching(advice)]]);
  expect(await endsOf(world, number)).toEqual([ENDED_BY.noRun]);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.failed);
  const [check] = await world.reviewer.checks(sha);
  expect(check?.conclusion).toBe(CONCLUSION.failure);
  expect(check?.output.summary).toMatch(/No workflow run took this commit on/);
  expect((await world.reviewer.comments(number))[0]?.body).toMatch(/No workflow run took this commit on/);

  const late = await runPreview(world, { number });
  expect(late.log).not.toMatch(/newer commit/);
  expect(late.exitCode).toBe(0);
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.ready, error: null });
  expect((await visit(environment.url)).status).toBe(200);
  expect((await world.reviewer.checks(sha)).map(({ conclusion }) => conclusion)).toEqual([
    CONCLUSION.success,
  ]);
});

test('a run that falls silent fails after a quarter of an hour, its late report is refused, and a re-run goes live', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const run = await world.github.startRun({ repository: REPOSITORY, number });
  const deploymentId = await takeOn(world, number, String(run.id));
  expect(await stuckIn(world, SILENT_MS - MINUTE)).toBe(0);
  expect(await stuckIn(world, SILENT_MS + MINUTE)).toBe(1);
  const advice = /fell silent for 15 minutes: see its log on GitHub, then re-run it/;
  expect(await wordsOf(world, number)).toEqual([[DEPLOYMENT_STATUS.failed, expect.stringMatching(advice)]]);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.failed);
  const [check] = await world.reviewer.checks(sha);
  expect(check?.conclusion).toBe(CONCLUSION.failure);
  expect(check?.output.summary).toMatch(/fell silent for 15 minutes/);

  const outcome = { status: DEPLOYMENT_STATUS.success, error: null, logTail: [] };
  const late = recordProgress(world.app.ports, { deploymentId, body: { generation: 1, outcome } });
  await expect(late).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/fell silent/),
  });
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect((await wordsOf(world, number)).map(([status]) => status)).toEqual([
    DEPLOYMENT_STATUS.success,
    DEPLOYMENT_STATUS.failed,
  ]);
  expect(await endsOf(world, number)).toEqual([ENDED_BY.runReport, ENDED_BY.runSilence]);
});

test('a run that fell silent and starts again, as a step after a long "resolve" does, goes on where it was', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const first = await begin(world, { number, sha });
  expect(await stuckIn(world, SILENT_MS + MINUTE)).toBe(1);
  const again = await begin(world, { number, sha });
  expect(again.deployment).toMatchObject({
    id: first.deployment.id,
    status: DEPLOYMENT_STATUS.running,
    completedAt: null,
  });
  expect(again.environment.error).toBe(null);
  await end(world, again, { status: DEPLOYMENT_STATUS.failed });
  expect(await wordsOf(world, number)).toEqual([[DEPLOYMENT_STATUS.failed, 'The build failed.']]);
  const repeated = await begin(world, { number, sha });
  expect(repeated.deployment).toMatchObject({ id: first.deployment.id, status: DEPLOYMENT_STATUS.failed });
});

test('the word for what ended it decides whether a run may go on, and not the sentence', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const first = await begin(world, { number, sha });
  expect(await stuckIn(world, SILENT_MS + MINUTE)).toBe(1);
  const sentence = (await wordsOf(world, number))[0]?.[1] ?? '';
  const again = await begin(world, { number, sha });
  await end(world, again, { status: DEPLOYMENT_STATUS.failed, error: sentence });
  expect(await endsOf(world, number)).toEqual([ENDED_BY.runReport]);
  const repeated = await begin(world, { number, sha });
  expect(repeated.deployment).toMatchObject({ id: first.deployment.id, error: sentence });
});

test('a run whose end GitHub reported, though the run itself did not, fails at once', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const run = await world.github.startRun({ repository: REPOSITORY, number });
  await takeOn(world, number, String(run.id));
  world.github.finishRun(run, CONCLUSION.success);
  await world.drain();
  expect(await wordsOf(world, number)).toEqual([
    [DEPLOYMENT_STATUS.failed, expect.stringMatching(/ended without reporting a result: see its log/)],
  ]);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.failure);
});

test('a pull request that is reopened at the same commit waits its whole hour again', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  const at = { repository: REPOSITORY, number };
  world.github.closePullRequest(at);
  await world.drain();
  const { deployments } = await lookAt(world, number);
  world.github.reopenPullRequest(at);
  await world.drain();
  const [waiting] = (await lookAt(world, number)).deployments;
  expect(waiting?.id).toBe(deployments[0]?.id);
  const made = waiting?.createdAt.getTime() ?? 0;
  const revived = waiting?.updatedAt.getTime() ?? 0;
  expect(revived).toBeGreaterThan(made);
  const justBefore = new Date((revived + made) / 2 + UNCLAIMED_MS);
  await reconcileStuck({ ...world.app.ports, clock: { now: () => justBefore } });
  await world.drain();
  expect((await wordsOf(world, number)).map(([status]) => status)).toEqual([DEPLOYMENT_STATUS.queued]);
});

/** Lets the first write of a kind fail, as a crash or a database that goes away would. */
function failingOnce(port: 'environments' | 'deployments') {
  let armed = false;
  const stores = (real: Stores): Stores => {
    const part = real[port];
    const change = async (seen: never, write: { patch?: { status?: string }; status?: string }) => {
      const status = (write.patch ?? write).status;
      if (armed && status === DEPLOYMENT_STATUS.failed) {
        armed = false;
        throw new Error('The database went away.');
      }
      return part.change(seen, write as never);
    };
    return { ...real, [port]: { ...part, change } };
  };
  return { stores, arm: () => void (armed = true) };
}

test.each(['environments', 'deployments'] as const)(
  'a failure that was cut off at the write to %s is completed: nothing is left half failed',
  async (port) => {
    const { stores, arm } = failingOnce(port);
    await using world = await startWorld({ overrides: { around: { stores } } });
    const { number, sha } = await openPullRequest(world);
    await takeOn(world, number, '77');
    const { environment, deployments } = await lookAt(world, number);
    const deployment = deployments[0] as (typeof deployments)[number];
    arm();
    const failing = failDeployment(world.app.ports, {
      environment,
      deployment,
      event: 'fail',
      endedBy: ENDED_BY.runReport,
      error: 'It broke.',
    });
    await expect(failing).rejects.toThrow('went away');
    await stuckIn(world, SILENT_MS + MINUTE);
    expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.failed);
    expect((await wordsOf(world, number)).map(([status]) => status)).toEqual([DEPLOYMENT_STATUS.failed]);
    expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.failure);
  },
);

test('what went live in the same moment is not called failed', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  await takeOn(world, number, '77');
  const { environment, deployments } = await lookAt(world, number);
  const deployment = deployments[0] as (typeof deployments)[number];
  const current = {
    deploymentId: deployment.id,
    sha: deployment.sha,
    url: 'http://preview.example',
    reach: { kind: 'files', root: 'r' } as const,
    at: new Date(),
  };
  const patch = { status: ENVIRONMENT_STATUS.ready, current, error: null };
  await world.app.ports.environments.change(environment, { patch, due: [] });
  const failure = { event: 'fail', endedBy: ENDED_BY.runReport, error: 'It broke.' } as const;
  await failDeployment(world.app.ports, { environment, deployment, ...failure });
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.ready,
    error: null,
  });
  expect((await wordsOf(world, number))[0]).toEqual([DEPLOYMENT_STATUS.success, null]);
});

test('one deployment that cannot be ended does not keep the others waiting', async () => {
  await using world = await startWorld();
  const first = await openPullRequest(world, { head: 'first' });
  const second = await openPullRequest(world, { head: 'second' });
  const { environment } = await lookAt(world, first.number);
  const real = portsIn(UNCLAIMED_MS + MINUTE, world);
  const get = async (id: string) => {
    if (id === environment.id) throw new Error('This one cannot be read.');
    return real.environments.get(id);
  };
  const ports: Ports = { ...real, environments: { ...real.environments, get } };
  expect(await reconcileStuck(ports)).toBe(1);
  expect((await wordsOf(world, first.number))[0]?.[0]).toBe(DEPLOYMENT_STATUS.queued);
  expect((await wordsOf(world, second.number))[0]?.[0]).toBe(DEPLOYMENT_STATUS.failed);
});

test('a tear-down that its target refuses goes on until the target lets go, and says meanwhile what is wrong', async () => {
  await using world = await startWorld();
  const { number } = await openPullRequest(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  const { environment } = await lookAt(world, number);
  const moved = (target: string) => environment.resources.map((resource) => ({ ...resource, target }));
  const { change } = world.app.ports.environments;
  await change(environment, { patch: { resources: moved('balloon') }, due: [] });
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const stuck = await eventually(async () => (await lookAt(world, number)).environment, {
    until: ({ due }) => due.teardown.error !== null,
    otherwise: 'The tear-down should have been refused.',
  });
  expect(stuck.status).toBe(ENVIRONMENT_STATUS.destroying);
  expect(stuck.due.teardown.error).toMatch(/Target "balloon" is not configured/);
  expect(stuck.due.teardown.at).not.toBeNull();
  // The target is there again; nobody asks for anything, the tear-down comes back by itself.
  const doomed = moved(world.app.ports.defaultTarget).map((resource) => ({ ...resource, doomed: true }));
  await eventually(
    async () => change((await lookAt(world, number)).environment, { patch: { resources: doomed }, due: [] }),
    { until: (written) => written !== null, otherwise: 'The resource should get its target back.' },
  );
  const gone = await eventually(async () => (await lookAt(world, number)).environment, {
    until: ({ status }) => status === ENVIRONMENT_STATUS.destroyed,
    otherwise: 'The environment should be destroyed by itself.',
  });
  expect(gone.resources).toEqual([]);
});
