import { expect } from '@jest/globals';
import type { ActionResult } from '../../../demo/runner/run-action.js';
import { visit } from '../../../demo/visit.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import type { Reach } from '../../../src/shared/reach.js';
import { CONCLUSION } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { expectConverged, type Observable } from '../../support/expect-converged.js';
import { lookAt } from '../../support/look-at.js';
import { type PreviewRun, runPreview } from '../../support/run-preview.js';
import { startCluster, type Cluster } from '../../support/start-cluster.js';
import { REPOSITORY, startWorld, type World } from '../../support/start-world.js';

/** What the journeys need of a target. */
export interface TargetStage extends AsyncDisposable {
  readonly kind: Reach['kind'];
  readonly inputs: Readonly<Record<string, string>>;
  /** Only a workflow run of the closed pull request removes what was deployed. */
  readonly removedByRun: boolean;
  /** A site that shows this text; one page unless given. */
  readonly files?: (text: string) => Readonly<Record<string, string>>;
  /** Instead of the bundled Action, for what that cannot do yet. */
  readonly run?: (world: World, run: PreviewRun) => Promise<Pick<ActionResult, 'exitCode' | 'log'>>;
  /** What the target holds, by name. */
  held(world: Observable & Pick<World, 'dataDir'>): Promise<readonly string[]>;
}

export type OpenStage = () => Promise<TargetStage>;

const page = (text: string) => ({ 'index.html': `<h1>${text}</h1>\n` });

/** Every step of a pull request, for one target. */
export async function playPullRequest(open: OpenStage): Promise<void> {
  await using stage = await open();
  const { files = page } = stage;
  await using world = await startWorld({ files: files('First') });
  const { number, branch } = await openPullRequest(world);
  await expectLive(world, { stage, number, text: 'First' });

  await push(world, { files: files('Second'), branch });
  await expectLive(world, { stage, number, text: 'Second' });
  await expectConverged(world, number);

  await expectFailure(world, { stage, number, branch });

  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  await expectRemoved(world, { stage, number });

  world.github.reopenPullRequest({ repository: REPOSITORY, number });
  await world.drain();
  await push(world, { files: files('Fourth'), branch });
  await expectLive(world, { stage, number, text: 'Fourth' });
}

async function openPullRequest(world: World): Promise<{ number: number; branch: string }> {
  const branch = 'journey';
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: branch });
  await world.drain();
  return { number: pullRequest.number, branch };
}

interface Pushed {
  readonly branch: string;
  readonly files: Readonly<Record<string, string>>;
}

async function push(world: World, { branch, files }: Pushed): Promise<void> {
  await world.github.push({ repository: REPOSITORY, branch, files });
  await world.drain();
}

interface Step {
  readonly stage: TargetStage;
  readonly number: number;
}

async function deployed(world: World, { stage, number }: Step): Promise<void> {
  const { run = runPreview } = stage;
  const { exitCode, log } = await run(world, { number, inputs: stage.inputs });
  expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
  await world.drain();
}

async function expectLive(world: World, { text, ...step }: Step & { text: string }): Promise<void> {
  const { stage, number } = step;
  await deployed(world, step);
  const { environment } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  expect(environment.current?.reach.kind).toBe(stage.kind);
  expect(environment.resources.filter(({ doomed }) => doomed)).toEqual([]);
  await expectShown(environment, text);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toContain(environment.current?.url);
  const held = await stage.held(world);
  expect(held).toContain(environment.slug);
  expect(new Set(held).size).toBe(held.length);
}

/** At its own URL. The host name that this server gave it leads there. */
async function expectShown({ current, url }: StoredEnvironment, text: string): Promise<void> {
  expect((await visit(current?.url ?? url)).body).toContain(text);
  if (current?.url !== url) expect((await visit(url)).body).toContain(current?.url ?? 'nothing is live');
}

async function expectFailure(
  world: World,
  { stage, number, branch }: Step & { branch: string },
): Promise<void> {
  const { files = page, run = runPreview } = stage;
  await push(world, { branch, files: files('Third') });
  const inputs = { ...stage.inputs, 'build-command': 'echo "It broke." && exit 7' };
  expect((await run(world, { number, inputs })).exitCode).toBe(1);
  await world.drain();
  const { environment, deployments } = await expectConverged(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.failed);
  expect(deployments[0]?.status).toBe(DEPLOYMENT_STATUS.failed);
  await expectShown(environment, 'Second');
  const [check] = await world.reviewer.checks(environment.head?.sha ?? '');
  expect(check?.conclusion).toBe(CONCLUSION.failure);
}

async function expectRemoved(world: World, { stage, number }: Step): Promise<void> {
  if (stage.removedByRun) await expectWaiting(world, { stage, number });
  const { environment } = await expectConverged(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [], current: null });
  expect(await stage.held(world)).not.toContain(environment.slug);
  expect((await visit(environment.url)).status).toBe(410);
}

/** Nothing but a run removes it, and check, comment and page say so until one has. */
async function expectWaiting(world: World, { stage, number }: Step): Promise<void> {
  const { environment } = await expectConverged(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.destroying);
  expect(await stage.held(world)).toContain(environment.slug);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/Only a workflow run can remove .* "?`?closed`?"?/);
  const [check] = await world.reviewer.checks(environment.head?.sha ?? '');
  expect(check?.output.summary).toMatch(/Only a workflow run can remove/);
  expect((await visit(environment.url)).body).toMatch(/workflow run/);
  const { exitCode, outputs, log } = await runPreview(world, { number, inputs: stage.inputs, closed: true });
  expect({ exitCode, status: outputs['status'], log: exitCode === 0 ? '' : log }).toEqual({
    exitCode: 0,
    status: ENVIRONMENT_STATUS.destroyed,
    log: '',
  });
  await world.drain();
}

/** Two servers over one database: whatever one of them begins, the other goes on with. */
export async function playTwoServers(open: OpenStage): Promise<void> {
  await using stage = await open();
  const { files = page } = stage;
  await using cluster = await startCluster({ files: files('One of two') });
  const { pullRequest, delivery } = await cluster.github.openPullRequest({
    repository: REPOSITORY,
    head: 'two',
  });
  await cluster.deliver(delivery, 2);
  await cluster.quiet();
  const { number } = pullRequest;
  await ranWell(cluster, { number, inputs: stage.inputs });
  await cluster.quiet();
  const { environment } = await expectConverged(cluster, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  await expectShown(environment, 'One of two');

  const closed = cluster.github.closePullRequest({ repository: REPOSITORY, number });
  // The run of the closed pull request may be faster than the webhook.
  if (stage.removedByRun) await ranWell(cluster, { number, inputs: stage.inputs, closed: true });
  await cluster.deliver(closed.delivery, 2);
  await cluster.quiet();
  const end = await expectConverged(cluster, number);
  expect(end.environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, resources: [] });
  expect(await stage.held(cluster)).toEqual([]);
}

async function ranWell(cluster: Cluster, run: Parameters<typeof runPreview>[1]): Promise<void> {
  const { exitCode, log } = await runPreview(cluster, run);
  expect({ exitCode, log: exitCode === 0 ? '' : log }).toEqual({ exitCode: 0, log: '' });
}
