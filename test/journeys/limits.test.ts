import { expect, test } from '@jest/globals';
import type { Overrides } from '../../app/compose/overrides.js';
import type { Stores } from '../../app/ports.js';
import { DEPLOYMENT } from '../../src/shared/status/deployment.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt, type Seen } from '../support/look-at.js';
import { begin, startByHand } from '../support/run-by-hand.js';
import { REPOSITORY, startWorld, type World } from '../support/start-world.js';

const TWO = { 'index.html': '<h1>Hello</h1>\n', '.github/preview.yml': 'limits:\n  environments: 2\n' };
const worldOfTwo = (overrides: Overrides = {}) =>
  startWorld({ files: TWO, github: { clock: secondsApart() }, overrides });

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
