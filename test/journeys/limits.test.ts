import { expect, test } from '@jest/globals';
import type { Overrides } from '../../app/compose/overrides.js';
import type { Stores } from '../../app/ports.js';
import { pinEnvironment } from '../../src/environments/pin.js';
import { promoteQueued } from '../../src/reconcile/queue.js';
import { DEPLOYMENT } from '../../src/shared/status/deployment.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt, type Seen } from '../support/look-at.js';
import { begin, end, startByHand } from '../support/run-by-hand.js';
import {
  AUTHOR,
  openPullRequest,
  pushSettings,
  REPOSITORY,
  startWorld,
  type World,
} from '../support/start-world.js';

const TWO = { 'index.html': '<h1>Hello</h1>\n', '.github/preview.yml': 'limits:\n  environments: 2\n' };
const worldOfTwo = (overrides: Overrides = {}) => worldWith('  environments: 2', overrides);
const worldWith = (limits: string, overrides: Overrides = {}) =>
  startWorld({
    files: { ...TWO, '.github/preview.yml': `limits:\n${limits}\n` },
    github: { clock: secondsApart(), users: [AUTHOR, 'hubot'] },
    overrides,
  });

/** Nobody is admitted before so many others have counted the places that are left. */
function countingTogether() {
  let expected = 0;
  let waiting: (() => void)[] = [];
  const together = async () => {
    if (expected === 0) return;
    const all = new Promise<void>((resolve) => waiting.push(resolve));
    if (waiting.length >= expected) {
      waiting.forEach((go) => go());
      [expected, waiting] = [0, []];
    }
    await all;
  };
  const stores = ({ environments, ...others }: Stores): Stores => ({
    ...others,
    environments: {
      ...environments,
      async ensure(fresh, write) {
        if (write?.patch.decision?.action === 'deploy') await together();
        return environments.ensure(fresh, write);
      },
      async change(seen, write) {
        if (write.patch.decision?.action === 'deploy') await together();
        return environments.change(seen, write);
      },
    },
  });
  const expect = (count: number) => (expected = count);
  return { overrides: { around: { stores } } satisfies Overrides, expect };
}

async function openMany(world: World, count: number): Promise<number[]> {
  const opened = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      world.github.openPullRequest({ repository: REPOSITORY, head: `branch-${count}-${index}` }),
    ),
  );
  return opened.map(({ pullRequest }) => pullRequest.number);
}

const admitted = ({ environment }: Seen) => environment.decision?.action === 'deploy';

async function expectTwo(world: World, numbers: readonly number[]): Promise<{ in: Seen[]; out: Seen[] }> {
  const all = await Promise.all(numbers.map((number) => lookAt(world, number)));
  const [inside, outside] = [all.filter(admitted), all.filter((one) => !admitted(one))];
  expect(inside).toHaveLength(2);
  for (const { environment, deployments } of outside) {
    expect(environment).toMatchObject({
      status: ENVIRONMENT_STATUS.pending,
      decision: { rule: 'limit-environments' },
    });
    expect(deployments.filter(({ status }) => !DEPLOYMENT[status].settled)).toEqual([]);
  }
  return { in: inside, out: outside };
}

test('of pull requests that are opened at once, as many get a preview as there may be, and the others are told', async () => {
  const { overrides, expect: together } = countingTogether();
  await using world = await worldOfTwo(overrides);
  together(8);
  const numbers = await openMany(world, 8);
  await world.drain();
  const { out } = await expectTwo(world, numbers);
  for (const { environment } of out) {
    const [check] = await world.reviewer.checks(environment.head?.sha ?? '');
    expect(check).toMatchObject({ conclusion: CONCLUSION.neutral });
    expect(check?.output.summary).toMatch(/already has 2 previews/);
  }
  expect(world.github.violations).toEqual([]);
});

test('what has its place keeps it, whoever comes at once later; a place that is given back goes to the next push', async () => {
  const { overrides, expect: together } = countingTogether();
  await using world = await worldOfTwo(overrides);
  const [one = 0] = await openMany(world, 1);
  await world.drain();
  const { environment } = await lookAt(world, one);
  await begin(world, { number: one, sha: environment.head?.sha ?? '' });
  together(6);
  const later = await openMany(world, 6);
  await world.drain();
  const { in: inside, out } = await expectTwo(world, [one, ...later]);
  const places = inside.map((seen) => seen.environment.pullRequest?.number);
  expect(places).toContain(one);
  expect((await lookAt(world, one)).environment.status).toBe(ENVIRONMENT_STATUS.provisioning);

  const refused = out[0]?.environment;
  if (!refused) throw new Error('Somebody should have been refused.');
  const next = refused.pullRequest?.number ?? 0;
  expect((await startByHand(world, { number: next, sha: refused.head?.sha ?? '' })).proceed).toBe(false);
  world.github.closePullRequest({ repository: REPOSITORY, number: one });
  await world.drain();
  const branch = refused.pullRequest?.head.ref ?? '';
  const { sha } = await world.github.push({ repository: REPOSITORY, branch });
  await world.drain();
  expect(await startByHand(world, { number: next, sha })).toMatchObject({ proceed: true });
});

async function decisionOn(world: World, number: number) {
  return (await lookAt(world, number)).environment.decision;
}

async function deploy(world: World, run: { number: number; sha: string }): Promise<void> {
  await end(world, await begin(world, run), { status: DEPLOYMENT_STATUS.success, url: 'http://a.example/' });
  await world.drain();
}

test('one author has no more previews than one person may have, and others still get theirs', async () => {
  await using world = await worldWith('  environments-per-user: 1');
  const first = await openPullRequest(world, { head: 'one' });
  const second = await openPullRequest(world, { head: 'two' });
  const other = await openPullRequest(world, { head: 'three', author: 'hubot' });
  expect(await decisionOn(world, first.number)).toMatchObject({ action: 'deploy' });
  expect(await decisionOn(world, second.number)).toMatchObject({
    rule: 'limit-environments',
    detail: expect.stringMatching(
      /author .* already has 1 preview in this project.*"limits.environments-per-user"/,
    ),
  });
  expect(await decisionOn(world, other.number)).not.toMatchObject({ rule: 'limit-environments' });
});

test('where pull requests queue, the one that waits longest gets the next free place', async () => {
  await using world = await worldWith('  environments: 1\n  when-full: queue');
  const first = await openPullRequest(world, { head: 'one' });
  const second = await openPullRequest(world, { head: 'two' });
  const third = await openPullRequest(world, { head: 'three' });
  expect(await decisionOn(world, second.number)).toMatchObject({ action: 'skip', rule: 'limit-queued' });
  expect(await promoteQueued(world.app.ports)).toBe(0);
  world.github.closePullRequest({ repository: REPOSITORY, number: first.number });
  await world.drain();
  expect(await promoteQueued(world.app.ports)).toBe(1);
  await world.drain();
  expect(await decisionOn(world, second.number)).toMatchObject({ action: 'deploy', rule: 'now-qualifies' });
  expect(await decisionOn(world, third.number)).toMatchObject({ rule: 'limit-queued' });
  const [check] = await world.reviewer.checks(second.sha);
  expect(check?.output.summary).toMatch(/re-run/);
});

test('where idle previews give way, the longest unchanged one goes, and comes back with its next push', async () => {
  await using world = await worldWith('  environments: 2\n  when-full: evict-idle');
  const one = await openPullRequest(world, { head: 'one' });
  const two = await openPullRequest(world, { head: 'two' });
  const three = await openPullRequest(world, { head: 'three' });
  // Nothing is idle yet: what waits for its build keeps its place.
  expect(await decisionOn(world, three.number)).toMatchObject({ rule: 'limit-environments' });
  await deploy(world, one);
  await deploy(world, two);
  await world.github.push({ repository: REPOSITORY, branch: 'three' });
  await world.drain();
  expect(await decisionOn(world, three.number)).toMatchObject({ action: 'deploy' });
  const { environment: gone } = await lookAt(world, one.number);
  expect(gone.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(gone.decision?.rule).toBe('evicted');
  expect((await lookAt(world, two.number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
  await world.github.push({ repository: REPOSITORY, branch: 'one' });
  await world.drain();
  expect(await decisionOn(world, one.number)).toMatchObject({ action: 'deploy' });
  expect((await lookAt(world, two.number)).environment.decision?.rule).toBe('evicted');
  // The one that was longest without a push is pinned, so the other one goes.
  await deploy(world, { ...one, sha: (await lookAt(world, one.number)).environment.head?.sha ?? '' });
  await deploy(world, { ...three, sha: (await lookAt(world, three.number)).environment.head?.sha ?? '' });
  const { environment: kept } = await lookAt(world, one.number);
  await pinEnvironment(world.app.ports, { environmentId: kept.id, actor: AUTHOR });
  await world.github.push({ repository: REPOSITORY, branch: 'two' });
  await world.drain();
  expect((await lookAt(world, three.number)).environment.decision?.rule).toBe('evicted');
  expect((await lookAt(world, one.number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
});

test('of deployments that run at once, the last is told to come back, or waits for its turn', async () => {
  await using world = await worldWith('  running: 1');
  const one = await openPullRequest(world, { head: 'one' });
  const two = await openPullRequest(world, { head: 'two' });
  const run = await begin(world, one);
  await expect(startByHand(world, two)).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(/already has 1 deployment under way.*Re-run the workflow/),
  });
  await pushSettings(world, 'limits:\n  running: 1\n  when-full: queue\n');
  const waiting = { code: 'too_many_requests', message: expect.stringMatching(/waits for its turn/) };
  await expect(startByHand(world, two)).rejects.toMatchObject(waiting);
  await end(world, run, { status: DEPLOYMENT_STATUS.success, url: 'http://a.example/' });
  expect(await startByHand(world, two)).toMatchObject({ proceed: true });
});
