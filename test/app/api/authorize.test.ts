import { expect, test } from '@jest/globals';
import { type Actor, authorize } from '../../../app/api/access.js';
import { ROUTES, type RouteName } from '../../../src/contract/routes.js';
import type { Identity } from '../../../src/runs/identity.js';

const OWN = 'a'.repeat(24);
const OTHER = 'b'.repeat(24);

const ACTORS = {
  nobody: { kind: 'public' },
  workflow: { kind: 'identity', identity: {} as Identity },
  run: { kind: 'run', deploymentId: OWN, repoId: 1 },
  operator: { kind: 'operator', name: 'ops' },
} as const satisfies Record<string, Actor>;

type Verdict = 'yes' | 'unauthorized' | 'forbidden' | 'not_found';
type Row = Readonly<Record<keyof typeof ACTORS | 'other run', Verdict>>;

const anyone: Row = { nobody: 'yes', workflow: 'yes', run: 'yes', 'other run': 'yes', operator: 'yes' };
const operators: Row = {
  nobody: 'unauthorized',
  workflow: 'forbidden',
  run: 'forbidden',
  'other run': 'forbidden',
  operator: 'yes',
};
const workflows: Row = {
  nobody: 'unauthorized',
  workflow: 'yes',
  run: 'forbidden',
  'other run': 'forbidden',
  operator: 'forbidden',
};
const runs: Row = {
  nobody: 'unauthorized',
  workflow: 'forbidden',
  run: 'yes',
  'other run': 'not_found',
  operator: 'forbidden',
};
const readers: Row = { ...runs, operator: 'yes' };

/** Written by hand, apart from the routes: a new route fails here until somebody has said who may call it. */
const MATRIX: Readonly<Record<RouteName, Row>> = {
  home: anyone,
  health: anyone,
  ready: anyone,
  openapi: anyone,
  listEnvironments: operators,
  environmentByNamespace: operators,
  environment: operators,
  environmentDeployments: operators,
  destroyEnvironment: operators,
  startDeployment: workflows,
  deployment: readers,
  recordProgress: runs,
  appendLogs: runs,
  readLogs: readers,
  uploadPlan: runs,
  uploadPack: runs,
  listDeliveries: operators,
};

test('the matrix names every route and no other', () => {
  expect(Object.keys(MATRIX).toSorted()).toEqual(Object.keys(ROUTES).toSorted());
});

const cases = Object.entries(MATRIX).flatMap(([name, row]) =>
  Object.entries(row).map(([who, verdict]) => [name as RouteName, who as keyof Row, verdict] as const),
);

test.each(cases)('%s, asked by %s: %s', (name, who, expected) => {
  const actor = who === 'other run' ? ACTORS.run : ACTORS[who];
  const resource = { deploymentId: who === 'other run' ? OTHER : OWN };
  expect(verdict(() => authorize({ actor, route: ROUTES[name], resource }))).toBe(expected);
});

test('a run may do nothing on a route that names no deployment', () => {
  const route = { ...ROUTES.recordProgress, path: '/somewhere' };
  expect(verdict(() => authorize({ actor: ACTORS.run, route, resource: {} }))).toBe('not_found');
});

function verdict(ask: () => void): string {
  try {
    ask();
    return 'yes';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'a fault';
  }
}
