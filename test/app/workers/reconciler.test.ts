import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Store } from '../../../app/store/connect.js';
import { createRunner, type Reconciler, type RunnerOptions } from '../../../app/workers/reconciler.js';
import type { EnvironmentStore, StoredEnvironment } from '../../../src/environments/store.js';
import { GitHubFailure } from '../../../src/repositories/github.js';
import { openTestStore } from '../../support/open-test-store.js';

let store: Store;
let environments: EnvironmentStore;
let count = 0;
const PROJECT_ID = 'a'.repeat(24);

beforeAll(async () => {
  store = await openTestStore();
  environments = store.stores.environments;
});
// What one test leaves due must not be claimed in the next one.
afterEach(async () => {
  await environments.deleteOfProject(PROJECT_ID);
});
afterAll(async () => {
  await store.close();
});

async function dueEnvironment(): Promise<StoredEnvironment> {
  count += 1;
  const name = `pr-${count}`;
  const environment = await environments.ensure({
    projectId: PROJECT_ID,
    project: 'hello',
    repoId: 11,
    repository: 'acme/hello',
    installationId: 5,
    name,
    slug: `${name}-hello`,
    url: `http://${name}-hello.localhost`,
  });
  await environments.markDue(environment.id, 'report');
  return environment;
}

function runner(report: Reconciler, options: Partial<RunnerOptions> = {}) {
  const lines: string[] = [];
  const made = createRunner({
    environments,
    reconcilers: { report, teardown: async () => undefined },
    owner: 'test',
    log: (_level, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`),
    room: () => 4,
    ...options,
  });
  return { ...made, lines };
}

/** The store, which writes down after how long each claim that failed is due again; `only` that of one environment. */
function noted(
  pauses: (number | undefined)[],
  of: EnvironmentStore = environments,
  only?: string,
): EnvironmentStore {
  return {
    ...of,
    release: async (claim, outcome) => {
      if ((only ?? claim.environment.id) === claim.environment.id) pauses.push(outcome.retryInMs);
      await of.release(claim, outcome);
    },
  };
}

/** The store, where every claim comes after so many tries in vain. */
const afterTries = (attempts: number): EnvironmentStore => ({
  ...environments,
  claim: async (...asked) => {
    const claim = await environments.claim(...asked);
    if (!claim) return null;
    const { environment } = claim;
    const report = { ...environment.due.report, attempts };
    return { ...claim, environment: { ...environment, due: { ...environment.due, report } } };
  },
});

const dueOf = async (id: string) => (await environments.get(id))?.due.report;

test('what is due is made true once, and is not due any more', async () => {
  const { id } = await dueEnvironment();
  const seen: string[] = [];
  const { drain } = runner(async ({ environment }) => void seen.push(environment.id));
  expect(await drain()).toBe(1);
  expect(await drain()).toBe(0);
  expect(seen).toEqual([id]);
  expect((await dueOf(id))?.at).toBeNull();
});

test('a projection that another one makes due is made true in the same drain', async () => {
  const { id } = await dueEnvironment();
  let torn = 0;
  const { drain } = runner(async () => environments.markDue(id, 'teardown'), {
    reconcilers: {
      report: async () => environments.markDue(id, 'teardown'),
      teardown: async () => void (torn += 1),
    },
  });
  await drain();
  expect(torn).toBe(1);
});

test('a change that comes while it is worked on asks for another round', async () => {
  const { id } = await dueEnvironment();
  let rounds = 0;
  const { drain } = runner(async () => {
    rounds += 1;
    if (rounds === 1) await environments.markDue(id, 'report');
  });
  await drain();
  expect(rounds).toBe(2);
});

test.each([
  ['backs off', new Error('away'), 500, 1_000],
  [
    'waits as long as GitHub asks',
    new GitHubFailure('retry', 'slow down', { retryInMs: 90_000 }),
    90_000,
    90_000,
  ],
  [
    'is tried again soon where GitHub forbids it for the first time',
    new GitHubFailure('unauthorized', 'accept the permissions'),
    1_000,
    2_000,
  ],
  [
    'is tried again soon where GitHub shows nothing for the first time',
    new GitHubFailure('gone', 'no token'),
    1_000,
    2_000,
  ],
  ['parks what GitHub will never accept', new GitHubFailure('poison', 'no'), 86_400_000, 86_400_000],
])('a failure %s', async (_how, error, least, most) => {
  const { id } = await dueEnvironment();
  const pauses: (number | undefined)[] = [];
  const failing: Reconciler = async () => {
    throw error;
  };
  const { drain, lines } = runner(failing, { environments: noted(pauses) });
  await drain();
  expect(await dueOf(id)).toMatchObject({ error: error.message, attempts: 1 });
  expect(pauses[0]).toBeGreaterThanOrEqual(least);
  expect(pauses[0]).toBeLessThanOrEqual(most);
  expect(lines.join()).toContain(error.message);
});

test.each([
  [
    'at once what did not answer',
    [new GitHubFailure('poison', 'no'), new GitHubFailure('ambiguous', '502')],
    500,
    1_000,
  ],
  [
    'what may be sent first',
    [
      new GitHubFailure('retry', 'slow down', { retryInMs: 90_000 }),
      new GitHubFailure('retry', 'slow', { retryInMs: 60_000 }),
    ],
    60_000,
    60_000,
  ],
  [
    'a day later what is all refused',
    [new GitHubFailure('poison', 'a'), new GitHubFailure('poison', 'b')],
    86_400_000,
    86_400_000,
  ],
])('of several failures, tried again is %s', async (_what, errors, least, most) => {
  await dueEnvironment();
  const pauses: (number | undefined)[] = [];
  const failing: Reconciler = async () => {
    throw new AggregateError(errors, 'several');
  };
  await runner(failing, { environments: noted(pauses) }).drain();
  expect(pauses[0]).toBeGreaterThanOrEqual(least);
  expect(pauses[0]).toBeLessThanOrEqual(most);
});

test('what GitHub forbids is tried ever more rarely, and at once when the document changes', async () => {
  const { id } = await dueEnvironment();
  let tries = 0;
  const report: Reconciler = async ({ environment }) => {
    tries += Number(environment.id === id);
    throw new GitHubFailure('unauthorized', 'accept the permissions');
  };
  const pauses: (number | undefined)[] = [];
  for (const attempts of [0, 1, 2, 6, 13, 14, 20]) {
    await environments.markDue(id, 'report');
    const watched = noted(pauses, afterTries(attempts), id);
    await runner(report, { random: () => 1, environments: watched }).drain();
  }
  expect(pauses.filter((ms) => ms !== undefined).map((ms) => ms / 1_000)).toEqual([
    2, 4, 8, 128, 16_384, 21_600, 21_600,
  ]);
  const seen = await environments.get(id);
  if (seen) await environments.change(seen, { patch: { error: 'news' }, due: ['report'] });
  await runner(report).drain();
  expect(tries).toBe(8);
});

test('while GitHub does not answer, a report is never later than a minute after it is back', async () => {
  const { id } = await dueEnvironment();
  const report: Reconciler = async () => {
    throw new GitHubFailure('ambiguous', '502');
  };
  const pauses: (number | undefined)[] = [];
  const watched = noted(pauses, afterTries(30), id);
  await runner(report, { random: () => 1, environments: watched }).drain();
  expect(pauses[0]).toBe(45_000);
});

test('a reconciler learns that its claim was lost, and hears of one that stands without a question', async () => {
  await dueEnvironment();
  const answers: boolean[] = [];
  let renewals = 0;
  const watched = {
    ...environments,
    renew: async (...asked: Parameters<EnvironmentStore['renew']>) => {
      renewals += 1;
      return environments.renew(...asked);
    },
  };
  const { drain } = runner(
    async (claim) => {
      // What was given back is due, so the next look may claim it again at once.
      if (answers.length > 0) return;
      answers.push(await claim.held());
      expect(renewals).toBe(0);
      await environments.release(claim, {});
      while (await claim.held()) await new Promise(setImmediate);
      answers.push(await claim.held());
    },
    { environments: watched, leaseMs: 3_000 },
  );
  await drain();
  expect(answers).toEqual([true, false]);
});

test('a reconciler may ask to come back later without having failed', async () => {
  const { id } = await dueEnvironment();
  const pauses: (number | undefined)[] = [];
  await runner(async () => ({ retryInMs: 3_600_000 }), { environments: noted(pauses) }).drain();
  expect(pauses[0]).toBe(3_600_000);
  expect(await dueOf(id)).toMatchObject({ error: null, attempts: 1 });
});

test('a claim is kept for as long as the work takes', async () => {
  const leaseMs = 3_000;
  const { id } = await dueEnvironment();
  let working = 0;
  let renewals = 0;
  const watched: EnvironmentStore = {
    ...environments,
    renew: async (claim, ms) => {
      expect(ms).toBe(leaseMs);
      const held = await environments.renew(claim, ms);
      renewals += 1;
      return held;
    },
  };
  const slow = runner(
    async ({ environment }) => {
      if (environment.id !== id) return;
      working += 1;
      while (renewals < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    { leaseMs, environments: watched },
  );
  const meddle: Reconciler = async ({ environment }) => void (working += environment.id === id ? 100 : 0);
  const other = runner(meddle, { owner: 'other', leaseMs });
  const first = slow.drain();
  while (working === 0) await new Promise(setImmediate);
  while (renewals < 2) {
    await other.drain();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await first;
  expect(working).toBe(1);
  expect((await dueOf(id))?.at).toBeNull();
});

test('two runners share the work and do nothing twice', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, async () => (await dueEnvironment()).id));
  const seen: string[] = [];
  const report: Reconciler = async ({ environment }) => void seen.push(environment.id);
  await Promise.all([runner(report, { owner: 'one' }).drain(), runner(report, { owner: 'two' }).drain()]);
  expect(seen.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
});

test('a running runner works at once when it is woken', async () => {
  let done = 0;
  const { start, poke, stop } = runner(async () => void (done += 1), { pollMs: 60_000 });
  start();
  const { id } = await dueEnvironment();
  poke('report', id);
  while (done === 0) await new Promise(setImmediate);
  await stop(1_000);
});
