import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { abandoned } from '../../../src/environments/model.js';
import {
  DEPLOYMENT,
  type DeploymentEvent,
  nextDeployment,
  UNSETTLED_DEPLOYMENTS,
} from '../../../src/shared/status/deployment.js';
import {
  ENVIRONMENT,
  type EnvironmentEvent,
  nextEnvironment,
} from '../../../src/shared/status/environment.js';
import { CHECK, type Row } from '../../../src/shared/status/github.js';
import { D, E, GONE_ENVIRONMENTS, S } from '../../../src/shared/status/words.js';

type Table = Readonly<Record<string, Row<string, string>>>;
const TABLES: readonly [string, Table, string, readonly string[]][] = [
  ['environment', ENVIRONMENT, E.pending, Object.values(E)],
  ['deployment', DEPLOYMENT, D.queued, Object.values(D)],
];

function reachable(table: Table, from: string): Set<string> {
  const seen = new Set([from]);
  for (const status of seen)
    for (const target of Object.values(table[status]?.on ?? {})) seen.add(String(target));
  return seen;
}

test.each(TABLES)(
  'the %s table has a row for every status and for nothing else',
  (_, table, _start, words) => {
    expect(Object.keys(table).sort()).toEqual([...words].sort());
  },
);

test.each(TABLES)('every target in the %s table is a status', (_, table, _start, words) => {
  const targets = Object.values(table).flatMap(({ on }) => Object.values(on));
  expect(targets.filter((target) => !words.includes(String(target)))).toEqual([]);
});

test.each(TABLES)('every status of the %s table can be reached from its first', (_, table, start, words) => {
  expect([...reachable(table, start)].sort()).toEqual([...words].sort());
});

test.each(TABLES)('nothing of the %s table that is under way is a dead end', (_, table) => {
  const stuck = Object.entries(table).filter(
    ([, { settled, on }]) => !settled && Object.keys(on).length === 0,
  );
  expect(stuck).toEqual([]);
});

test.each(TABLES)(
  'GitHub sees a check of the %s table completed exactly when it has a conclusion',
  (_, table) => {
    for (const { github } of Object.values(table))
      expect(github.check === CHECK.completed).toBe(github.conclusion !== null);
  },
);

test.each(TABLES)(
  'no check of the %s table is completed while something still happens, unless it is going away',
  (_, table) => {
    const early = Object.entries(table).filter(
      ([status, { settled, github }]) =>
        !settled && github.check === CHECK.completed && status !== E.destroying,
    );
    expect(early).toEqual([]);
  },
);

test.each(Object.values(E))('an environment that is %s can be taken down', (status) => {
  expect(reachable(ENVIRONMENT, status)).toContain(E.destroyed);
});

test.each(Object.values(D))('a deployment that is %s can still settle', (status) => {
  const ends = [...reachable(DEPLOYMENT, status)].filter((end) => DEPLOYMENT[end as typeof status].settled);
  expect(ends).not.toEqual([]);
});

test('a settled deployment changes only when its commit is revived, and a successful one never', () => {
  const settled = Object.values(DEPLOYMENT).filter((row) => row.settled);
  expect(new Set(settled.flatMap(({ on }) => Object.keys(on)))).toEqual(new Set(['revive']));
  expect(DEPLOYMENT[D.success].on).toEqual({});
  expect(UNSETTLED_DEPLOYMENTS).toEqual([D.queued, D.running]);
});

test('nothing but a reopened pull request leaves the way to destroyed', () => {
  for (const status of GONE_ENVIRONMENTS) {
    const out = Object.entries(ENVIRONMENT[status].on).filter(([, to]) => !GONE_ENVIRONMENTS.includes(to));
    expect(out.map(([event]) => event)).toEqual(['reopen']);
  }
});

test.each([
  [E.pending, 'start', E.provisioning],
  [E.provisioning, 'succeed', E.ready],
  [E.ready, 'start', E.updating],
  [E.updating, 'fail', E.failed],
  [E.destroying, 'gone', E.destroyed],
  [E.destroyed, 'succeed', undefined],
  [E.destroying, 'start', undefined],
  [E.awaitingApproval, 'start', undefined],
] as const)('an environment that is %s becomes on "%s": %s', (status, event, expected) => {
  expect(nextEnvironment(status, event)).toBe(expected);
});

test.each([
  [E.provisioning, false, E.pending],
  [E.updating, false, E.pending],
  [E.updating, true, E.ready],
  [E.pending, false, undefined],
  [E.ready, true, undefined],
  [E.failed, false, undefined],
] as const)(
  'an environment that is %s, with something live: %s, is after its build was given up: %s',
  (status, isLive, expected) => {
    const current = {
      deploymentId: 'd',
      sha: 'a',
      url: 'https://x.example/',
      artifactRoot: null,
      at: new Date(),
    };
    expect(abandoned({ status, current: isLive ? current : null })).toBe(expected);
  },
);

test.each([
  [D.queued, 'start', D.running],
  [D.running, 'succeed', D.success],
  [D.running, 'supersede', D.superseded],
  [D.queued, 'succeed', undefined],
  [D.superseded, 'succeed', undefined],
] as const)('a deployment that is %s becomes on "%s": %s', (status, event, expected) => {
  expect(nextDeployment(status, event)).toBe(expected);
});

test('whatever happens to an environment, it stays in the table and never comes back from destroyed by itself', () => {
  const events = fc.array(fc.constantFrom<EnvironmentEvent>(...ENVIRONMENT_EVENTS), { maxLength: 40 });
  fc.assert(
    fc.property(events, (all) => {
      let status: (typeof E)[keyof typeof E] = E.pending;
      for (const event of all) {
        const next = nextEnvironment(status, event);
        if (status === E.destroyed && next !== undefined && event !== 'reopen') return false;
        status = next ?? status;
      }
      return Object.values(E).includes(status);
    }),
  );
});

test('whatever happens to a deployment that is not revived, the first end it comes to is its last', () => {
  const events = fc.array(
    fc.constantFrom<DeploymentEvent>('start', 'succeed', 'fail', 'cancel', 'supersede'),
  );
  fc.assert(
    fc.property(events, (all) => {
      const path = all.reduce<(typeof D)[keyof typeof D][]>(
        (seen, event) => [...seen, nextDeployment(seen.at(-1) ?? D.queued, event) ?? seen.at(-1) ?? D.queued],
        [D.queued],
      );
      const first = path.find((status) => DEPLOYMENT[status].settled);
      return first === undefined || path.at(-1) === first;
    }),
  );
});

const ENVIRONMENT_EVENTS: readonly EnvironmentEvent[] = [
  ...[
    'hold',
    'approve',
    'start',
    'succeed',
    'fail',
    'abandon',
    'withdraw',
    'sleep',
    'wake',
    'destroy',
    'gone',
    'reopen',
  ],
] as EnvironmentEvent[];

/** The words of the five systems this one grew from, as their documents write them. */
const SEED_WORDS: readonly [string, 'environment' | 'deployment' | 'stage', readonly string[]][] = [
  [
    'ephemera',
    'environment',
    ['PENDING', 'PROVISIONING', 'READY', 'UPDATING', 'DESTROYING', 'DESTROYED', 'FAILED'],
  ],
  ['ephemera', 'deployment', ['QUEUED', 'IN_PROGRESS', 'SUCCESS', 'FAILED']],
  ['vercel', 'environment', ['pending', 'building', 'ready', 'failed']],
  ['vercel', 'deployment', ['pending', 'building', 'ready', 'failed']],
  ['fly', 'environment', ['pending', 'building', 'deploying', 'active', 'failed', 'destroyed']],
  ['fly', 'deployment', ['pending', 'building', 'deploying', 'active', 'failed', 'destroyed']],
  [
    'autostack',
    'deployment',
    ['queued', 'cloning', 'checkout', 'installing', 'building', 'copying', 'deploying'],
  ],
  ['autostack', 'deployment', ['success', 'failed', 'cancelled']],
  ['autostack', 'stage', ['pending', 'in_progress', 'completed', 'failed', 'cancelled']],
  ['autostack containers', 'environment', ['starting', 'running', 'stopped']],
];

test.each(SEED_WORDS)('every word of %s for a %s means exactly one status', (_, kind, words) => {
  const rows: Readonly<Record<typeof kind, readonly (readonly string[])[]>> = {
    environment: Object.values(ENVIRONMENT).map(({ seeds }) => seeds),
    deployment: Object.values(DEPLOYMENT).map(({ seeds }) => seeds),
    stage: Object.values(S).map((word) => [word]),
  };
  const meanings = words.map(
    (word) => rows[kind].filter((seeds) => seeds.includes(word.toLowerCase())).length,
  );
  expect(meanings).toEqual(words.map(() => 1));
});
