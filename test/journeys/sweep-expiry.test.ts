import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { destroyEnvironment } from '../../src/environments/destroy.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { parseDuration } from '../../src/shared/time.js';
import { aroundCalls } from '../support/around-calls.js';
import { lookAt, portsIn } from '../support/look-at.js';
import { begin, end, startByHand } from '../support/run-by-hand.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const TTL = parseDuration('7d');
const MINUTE = 60_000;
const KEEP = 'preview:keep';

/** A pull request whose preview is live. */
async function live(world: World) {
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'old' });
  const { number, head } = opened.pullRequest;
  await world.drain();
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  return { number, sha: head.sha, at: { repository: REPOSITORY, number } };
}

async function sweepIn(world: World, ms: number) {
  const swept = await sweep(portsIn(ms, world));
  await world.drain();
  return swept;
}

test('a preview past its time is taken down, GitHub is told why, and a push brings it back, nothing else does', async () => {
  await using world = await startWorld();
  const { number, sha, at } = await live(world);
  const { environment } = await lookAt(world, number);
  expect((await sweepIn(world, TTL - 5 * MINUTE)).expired).toBe(0);
  expect((await visit(environment.url)).status).toBe(200);

  expect((await sweepIn(world, TTL + MINUTE)).expired).toBe(1);
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.destroyed,
    resources: [],
    decision: { rule: 'expired' },
  });
  expect((await visit(environment.url)).status).toBe(410);
  const [check] = await world.reviewer.checks(sha);
  expect(check).toMatchObject({ conclusion: CONCLUSION.neutral });
  expect(check?.output.summary).toMatch(/longer than the settings allow.*Push a commit/);
  expect((await world.reviewer.deployments()).map(({ state }) => state)).toEqual([DEPLOYMENT_STATE.inactive]);

  await expect(startByHand(world, { number, sha })).rejects.toThrow(
    /longer than the settings allow.*Push a commit/,
  );
  world.github.editPullRequest({ ...at, title: 'Another title' });
  await world.drain();
  for (const later of [2, 3]) await sweepIn(world, TTL + later * MINUTE);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);

  await world.github.push({ repository: REPOSITORY, branch: 'old' });
  await world.drain();
  const back = await lookAt(world, number);
  expect(back.environment).toMatchObject({ status: ENVIRONMENT_STATUS.pending, expiresAt: null });
  expect(back.deployments[0]?.status).toBe(DEPLOYMENT_STATUS.queued);
});

test('a push and a re-run count as activity, and what is being built does not expire meanwhile', async () => {
  await using world = await startWorld();
  const { number } = await live(world);
  const { environment: before } = await lookAt(world, number);
  const date = ({ expiresAt }: typeof before) => expiresAt?.getTime() ?? 0;
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'old' });
  await world.drain();
  const { environment: pushed } = await lookAt(world, number);
  expect(date(pushed)).toBeGreaterThan(date(before));

  const run = await begin(world, { number, sha });
  expect((await sweepIn(world, TTL + MINUTE)).expired).toBe(0);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.updating);
  await end(world, run, { status: DEPLOYMENT_STATUS.failed });
  await begin(world, { number, sha, attempt: 2 });
  expect(date((await lookAt(world, number)).environment)).toBeGreaterThan(date(pushed));
});

test('a push between the look and the write keeps a preview from expiring', async () => {
  await using world = await startWorld();
  const { number } = await live(world);
  const { expiresAt } = (await lookAt(world, number)).environment;
  if (!expiresAt) throw new Error('A live preview should have a date.');
  const act = async () => {
    await world.github.push({ repository: REPOSITORY, branch: 'old' });
    await world.drain();
  };
  const id = (await lookAt(world, number)).environment.id;
  const fits = ([asked]: readonly unknown[]) => asked === id;
  const interruption = { method: 'get', when: 'before', fits } as const;
  const environments = aroundCalls(world.app.ports.environments, { interruption, act });
  const swept = await sweep({ ...world.app.ports, environments, clock: { now: () => expiresAt } });
  await world.drain();
  expect(swept.expired).toBe(0);
  const { environment, deployments } = await lookAt(world, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.ready, decision: { rule: 'new-commit' } });
  expect(deployments[0]?.status).toBe(DEPLOYMENT_STATUS.queued);
});

test('a preview that was taken down by hand stays down, though the sweep sees its pull request open', async () => {
  await using world = await startWorld();
  const { number, sha } = await live(world);
  const { environment } = await lookAt(world, number);
  const asked = { environmentId: environment.id, actor: 'ops', rule: 'asked', detail: 'Not now.' } as const;
  await destroyEnvironment(world.app.ports, asked);
  await world.drain();
  await expect(startByHand(world, { number, sha })).rejects.toThrow(/removed\. Not now\. Push a commit/);
  expect((await sweepIn(world, 0)).healed).toBe(0);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('a preview that was taken down by hand stays down while a label holds it back, and after that', async () => {
  await using world = await startWorld();
  const { number, at } = await live(world);
  const { environment } = await lookAt(world, number);
  const asked = { environmentId: environment.id, actor: 'ops', rule: 'asked', detail: 'Not now.' } as const;
  await destroyEnvironment(world.app.ports, asked);
  await world.drain();
  world.github.labelPullRequest({ ...at, label: 'preview:hold' });
  world.github.editPullRequest({ ...at, title: 'Another title' });
  await world.drain();
  world.github.unlabelPullRequest({ ...at, label: 'preview:hold' });
  await world.drain();
  const { environment: after } = await lookAt(world, number);
  expect(after).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, decision: { rule: 'asked' } });
});

test('the label that keeps a preview keeps it when the pull request closes, and no longer than its time', async () => {
  await using world = await startWorld();
  const { number, at } = await live(world);
  world.github.labelPullRequest({ ...at, label: KEEP });
  world.github.closePullRequest(at);
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  const { version } = environment;
  await sweepIn(world, TTL - 5 * MINUTE);
  expect((await visit(environment.url)).status).toBe(200);
  expect((await lookAt(world, number)).environment.version).toBe(version);
  await sweepIn(world, TTL + MINUTE);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect((await visit(environment.url)).status).toBe(410);
});

test('that label keeps nothing that never went live: it would never expire', async () => {
  await using world = await startWorld();
  const opened = await world.github.openPullRequest({ repository: REPOSITORY, head: 'old' });
  const { number } = opened.pullRequest;
  const at = { repository: REPOSITORY, number };
  world.github.labelPullRequest({ ...at, label: KEEP });
  await world.drain();
  world.github.closePullRequest(at);
  await world.drain();
  expect((await lookAt(world, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.destroyed,
    decision: { rule: 'closed' },
  });
});

test('without that label a closed pull request loses its preview, even when GitHub told nobody that the label went', async () => {
  await using world = await startWorld();
  const { number, at } = await live(world);
  world.github.labelPullRequest({ ...at, label: KEEP });
  world.github.closePullRequest(at);
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
  world.github.webhooks.hold();
  world.github.unlabelPullRequest({ ...at, label: KEEP });
  await sweepIn(world, 0);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
});
