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
import {
  DEPLOYMENT_STATUS,
  ENVIRONMENT_STATUS,
  GONE_ENVIRONMENTS,
  STAGE_STATUS,
} from '../../../src/shared/status/words.js';

type Table = Readonly<Record<string, Row<string, string>>>;
const TABLES: readonly [string, Table, string, readonly string[]][] = [
  ['environment', ENVIRONMENT, ENVIRONMENT_STATUS.pending, Object.values(ENVIRONMENT_STATUS)],
  ['deployment', DEPLOYMENT, DEPLOYMENT_STATUS.queued, Object.values(DEPLOYMENT_STATUS)],
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
        !settled && github.check === CHECK.completed && status !== ENVIRONMENT_STATUS.destroying,
    );
    expect(early).toEqual([]);
  },
);

test.each(Object.values(ENVIRONMENT_STATUS))('an environment that is %s can be taken down', (status) => {
  expect(reachable(ENVIRONMENT, status)).toContain(ENVIRONMENT_STATUS.destroyed);
});

test.each(Object.values(DEPLOYMENT_STATUS))('a deployment that is %s can still settle', (status) => {
  const ends = [...reachable(DEPLOYMENT, status)].filter((end) => DEPLOYMENT[end as typeof status].settled);
  expect(ends).not.toEqual([]);
});

test('a settled deployment changes only when its commit is revived, and a successful one never', () => {
  const settled = Object.values(DEPLOYMENT).filter((row) => row.settled);
  expect(new Set(settled.flatMap(({ on }) => Object.keys(on)))).toEqual(new Set(['revive']));
  expect(DEPLOYMENT[DEPLOYMENT_STATUS.success].on).toEqual({});
  expect(UNSETTLED_DEPLOYMENTS).toEqual([DEPLOYMENT_STATUS.queued, DEPLOYMENT_STATUS.running]);
});

test('nothing but a reopened pull request leaves the way to destroyed', () => {
  for (const status of GONE_ENVIRONMENTS) {
    const out = Object.entries(ENVIRONMENT[status].on).filter(([, to]) => !GONE_ENVIRONMENTS.includes(to));
    expect(out.map(([event]) => event)).toEqual(['reopen']);
  }
});

test.each([
  [ENVIRONMENT_STATUS.pending, 'start', ENVIRONMENT_STATUS.provisioning],
  [ENVIRONMENT_STATUS.provisioning, 'succeed', ENVIRONMENT_STATUS.ready],
  [ENVIRONMENT_STATUS.ready, 'start', ENVIRONMENT_STATUS.updating],
  [ENVIRONMENT_STATUS.updating, 'fail', ENVIRONMENT_STATUS.failed],
  [ENVIRONMENT_STATUS.destroying, 'gone', ENVIRONMENT_STATUS.destroyed],
  [ENVIRONMENT_STATUS.destroyed, 'succeed', undefined],
  [ENVIRONMENT_STATUS.destroying, 'start', undefined],
  [ENVIRONMENT_STATUS.awaitingApproval, 'start', undefined],
] as const)('an environment that is %s becomes on "%s": %s', (status, event, expected) => {
  expect(nextEnvironment(status, event)).toBe(expected);
});

test.each([
  [ENVIRONMENT_STATUS.provisioning, false, ENVIRONMENT_STATUS.pending],
  [ENVIRONMENT_STATUS.updating, false, ENVIRONMENT_STATUS.pending],
  [ENVIRONMENT_STATUS.updating, true, ENVIRONMENT_STATUS.ready],
  [ENVIRONMENT_STATUS.pending, false, undefined],
  [ENVIRONMENT_STATUS.ready, true, undefined],
  [ENVIRONMENT_STATUS.failed, false, undefined],
] as const)(
  'an environment that is %s, with something live: %s, is after its build was given up: %s',
  (status, isLive, expected) => {
    const current = {
      deploymentId: 'd',
      sha: 'a',
      url: 'https://x.example/',
      reach: { kind: 'files', root: 'r' } as const,
      at: new Date(),
    };
    expect(abandoned({ status, current: isLive ? current : null })).toBe(expected);
  },
);

test.each([
  [DEPLOYMENT_STATUS.queued, 'start', DEPLOYMENT_STATUS.running],
  [DEPLOYMENT_STATUS.running, 'succeed', DEPLOYMENT_STATUS.success],
  [DEPLOYMENT_STATUS.running, 'supersede', DEPLOYMENT_STATUS.superseded],
  [DEPLOYMENT_STATUS.queued, 'succeed', undefined],
  [DEPLOYMENT_STATUS.superseded, 'succeed', undefined],
] as const)('a deployment that is %s becomes on "%s": %s', (status, event, expected) => {
  expect(nextDeployment(status, event)).toBe(expected);
});

test('whatever happens to an environment, it stays in the table and never comes back from destroyed by itself', () => {
  const events = fc.array(fc.constantFrom<EnvironmentEvent>(...ENVIRONMENT_EVENTS), { maxLength: 40 });
  fc.assert(
    fc.property(events, (all) => {
      let status: (typeof ENVIRONMENT_STATUS)[keyof typeof ENVIRONMENT_STATUS] = ENVIRONMENT_STATUS.pending;
      for (const event of all) {
        const next = nextEnvironment(status, event);
        if (status === ENVIRONMENT_STATUS.destroyed && next !== undefined && event !== 'reopen') return false;
        status = next ?? status;
      }
      return Object.values(ENVIRONMENT_STATUS).includes(status);
    }),
  );
});

test('whatever happens to a deployment that is not revived, the first end it comes to is its last', () => {
  const events = fc.array(
    fc.constantFrom<DeploymentEvent>('start', 'succeed', 'fail', 'cancel', 'supersede'),
  );
  fc.assert(
    fc.property(events, (all) => {
      const path = all.reduce<(typeof DEPLOYMENT_STATUS)[keyof typeof DEPLOYMENT_STATUS][]>(
        (seen, event) => [
          ...seen,
          nextDeployment(seen.at(-1) ?? DEPLOYMENT_STATUS.queued, event) ??
            seen.at(-1) ??
            DEPLOYMENT_STATUS.queued,
        ],
        [DEPLOYMENT_STATUS.queued],
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
    stage: Object.values(STAGE_STATUS).map((word) => [word]),
  };
  const meanings = words.map(
    (word) => rows[kind].filter((seeds) => seeds.includes(word.toLowerCase())).length,
  );
  expect(meanings).toEqual(words.map(() => 1));
});
