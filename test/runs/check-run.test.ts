import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Ports } from '../../app/ports.js';
import { reconcileStuck, UNCLAIMED_MS } from '../../src/reconcile/stuck.js';
import { observeCheckRun, type ReportedRun } from '../../src/runs/check-run.js';
import { observeWorkflowRun } from '../../src/runs/ended.js';
import { VitrineError, type ErrorCode } from '../../src/shared/errors.js';
import { CHECK, CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const URL = 'http://elsewhere.example/';
let world: World;
let opened = 0;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** A pull request of its own, and a run that reports by its own check run. */
async function begin() {
  opened += 1;
  const options = { repository: REPOSITORY, head: `change-${opened}` };
  const { number, head } = (await world.github.openPullRequest(options)).pullRequest;
  await world.drain();
  const run = { id: String(900 + opened), attempt: 1, job: 'preview' };
  const external = { environment: `pr-${number}`, project: 'hello', sha: head.sha, run };
  const report = (changes: Partial<ReportedRun> = {}): ReportedRun => ({
    repo: repoOf(world),
    external,
    status: CHECK.completed,
    conclusion: CONCLUSION.success,
    url: URL,
    summary: 'It is up.',
    ...changes,
  });
  const building = report({ status: CHECK.inProgress, conclusion: null, url: null });
  const end = (conclusion: string) =>
    observeWorkflowRun(world.app.ports, {
      repoId: world.repoId(),
      sha: head.sha,
      runId: run.id,
      attempt: 1,
      conclusion,
      endedAt: null,
    });
  return { number, run, report, building, end };
}

/** As every webhook tells of it. */
const repoOf = ({ github, repoId }: World): ReportedRun['repo'] => ({
  id: repoId(),
  ownerId: [...github.state.repositories.values()][0]?.document.owner.id ?? 0,
  fullName: REPOSITORY,
  defaultBranch: 'main',
  installationId: github.installationId('acme') ?? 0,
  private: false,
});

const observe = (reported: ReportedRun, ports: Ports = world.app.ports) => observeCheckRun(ports, reported);

test.each([CONCLUSION.success, CONCLUSION.cancelled])(
  'the report of a run counts, also when the end of the run (%s) was heard of first',
  async (conclusion) => {
    const { number, report, building, end } = await begin();
    await observe(building);
    await end(conclusion);
    expect((await lookAt(world, number)).environment.current).toBeNull();
    expect(await observe(report())).toMatchObject({ action: 'update', rule: 'reported-by-run' });
    const { environment, deployments } = await lookAt(world, number);
    expect(environment).toMatchObject({
      status: ENVIRONMENT_STATUS.ready,
      error: null,
      current: { url: URL },
    });
    expect(deployments.map(({ status, error }) => [status, error])).toEqual([
      [DEPLOYMENT_STATUS.success, null],
    ]);
  },
);

test('the reason that the run itself gives counts more than that it ended', async () => {
  const { number, report, building, end } = await begin();
  await observe(building);
  await end(CONCLUSION.failure);
  await observe(report({ conclusion: CONCLUSION.failure, url: null, summary: 'No page at that address.' }));
  const { environment, deployments } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.failed, error: 'No page at that address.' });
  expect(deployments.map(({ status }) => status)).toEqual([DEPLOYMENT_STATUS.failed]);
});

test('what a run reported itself is final: neither its end nor a second report changes it', async () => {
  const { number, report, building, end } = await begin();
  await observe(building);
  await observe(report({ conclusion: CONCLUSION.failure, url: null, summary: 'No page.' }));
  await end(CONCLUSION.failure);
  expect(await observe(report())).toMatchObject({ action: 'ignore', rule: 'late-report' });
  const { environment } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.failed, error: 'No page.', current: null });
});

test('a run without a server that comes after it was given up is what was waited for', async () => {
  const { number, report, building } = await begin();
  expect(await reconcileStuck(portsIn(UNCLAIMED_MS + 60_000, world))).toBeGreaterThan(0);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.failed);
  expect(await observe(building)).toMatchObject({ action: 'update' });
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.updating,
    error: null,
  });
  await observe(report());
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.ready,
    current: { url: URL },
  });
});

test('a late report of a run does not overrule a newer attempt', async () => {
  const { number, run, report, building, end } = await begin();
  await observe(building);
  await end(CONCLUSION.failure);
  const again = { ...building.external, run: { ...run, attempt: 2 } };
  await observe({ ...building, external: again });
  expect(await observe(report())).toMatchObject({ action: 'ignore', rule: 'late-report' });
  const { environment, deployments } = await lookAt(world, number);
  expect(environment.current).toBeNull();
  expect(deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.running,
    DEPLOYMENT_STATUS.failed,
  ]);
});

const failing = (code: ErrorCode): Ports => {
  const change = () => Promise.reject(new VitrineError(code, 'The database does not answer.'));
  return { ...world.app.ports, deployments: { ...world.app.ports.deployments, change } };
};

test.each<ErrorCode>(['unavailable', 'bad_gateway', 'too_many_requests', 'internal'])(
  'a report that could not be taken down (%s) is not lost: it is tried again',
  async (code) => {
    const { report } = await begin();
    await expect(observe(report(), failing(code))).rejects.toMatchObject({ code });
  },
);

test.each<ErrorCode>(['conflict', 'stale_head', 'environment_gone'])(
  'a report that came too late (%s) is answered for good',
  async (code) => {
    const { report } = await begin();
    expect(await observe(report(), failing(code))).toMatchObject({ action: 'ignore', rule: 'late-report' });
  },
);

test('a success without an address is answered for good, with the reason', async () => {
  const { report } = await begin();
  const decision = await observe(report({ url: null }));
  expect(decision).toMatchObject({ action: 'ignore', rule: 'report-refused' });
  expect(decision.detail).toMatch(/"url"/);
});

test.each([CONCLUSION.success, CONCLUSION.failure])(
  'a run whose end (%s) is heard of while its report is taken down goes live all the same',
  async (conclusion) => {
    const { number, report, building, end } = await begin();
    await observe(building);
    const { deployments } = world.app.ports;
    let ended = false;
    const change: typeof deployments.change = async (seen, patch) => {
      const written = await deployments.change(seen, patch);
      if (patch.url !== undefined && !ended) {
        ended = true;
        await end(conclusion);
      }
      return written;
    };
    const ports = { ...world.app.ports, deployments: { ...deployments, change } };
    expect(await observe(report(), ports)).toMatchObject({ rule: 'reported-by-run' });
    expect((await lookAt(world, number)).environment).toMatchObject({
      status: ENVIRONMENT_STATUS.ready,
      error: null,
      current: { url: URL },
    });
  },
);
