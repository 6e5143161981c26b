import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../../src/people/api-token.js';
import { pathTo } from '../../../src/contract/client.js';
import { OPERATIONS } from '../../../src/contract/openapi.js';
import type { Identity } from '../../../src/runs/identity.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const DEPLOYMENT = 'a'.repeat(24);
const OTHER = 'b'.repeat(24);
const identity = { repoId: 99, pullRequest: 1, runId: '1', runAttempt: 1 } as Identity;

/** The tokens of each kind of actor; the second run asks for the deployment of the first. */
const TOKENS = {
  anonymous: null,
  workflow: 'a.workflow.token',
  run: 'vtr_own',
  'other run': 'vtr_other',
  operator: 'vto_operator',
} as const;

type Who = keyof typeof TOKENS;
/** `yes`: the request passed, so its body or its document decides about the answer. */
type Verdict = 'yes' | 401 | 403 | 404;
type Row = Readonly<Record<Who, Verdict>>;

// An identity is a token for one operation only: for the others it is no token at all.
const anyone: Row = { anonymous: 'yes', workflow: 401, run: 'yes', 'other run': 'yes', operator: 'yes' };
const operators: Row = { anonymous: 401, workflow: 401, run: 403, 'other run': 403, operator: 'yes' };
const workflows: Row = { anonymous: 401, workflow: 'yes', run: 401, 'other run': 401, operator: 401 };
const runs: Row = { anonymous: 401, workflow: 401, run: 'yes', 'other run': 404, operator: 403 };
const readers: Row = { ...runs, operator: 'yes' };

/** Written by hand, apart from the declarations: a new operation fails here until its rights are added. */
const MATRIX: Readonly<Record<string, Row>> = {
  showHome: anyone,
  checkHealth: anyone,
  checkReadiness: anyone,
  describeServer: anyone,
  listEnvironments: operators,
  getEnvironmentByNamespace: operators,
  getEnvironment: operators,
  listEnvironmentDeployments: operators,
  destroyEnvironment: operators,
  startDeployment: workflows,
  getDeployment: readers,
  recordProgress: runs,
  appendLogs: runs,
  readLogs: readers,
  uploadPlan: runs,
  uploadPack: runs,
  listDeliveries: operators,
  listLeaks: operators,
  announceResource: runs,
  recordResource: runs,
  withdrawResource: runs,
  startRemovals: workflows,
  finishRemoval: workflows,
};

let app: TestApp;

beforeAll(async () => {
  app = await startApp({
    identify: async (token) => {
      if (token === TOKENS.workflow) return { ...identity, jti: 'j', expiresAt: new Date() };
      throw new VitrineError('unauthorized', 'The identity token is not valid.');
    },
  });
  const scopes = {
    run: { kind: 'run', deploymentId: DEPLOYMENT, repoId: 11 },
    'other run': { kind: 'run', deploymentId: OTHER, repoId: 11 },
    operator: { kind: 'operator', name: 'tests' },
  } as const;
  for (const who of ['run', 'other run', 'operator'] as const)
    await app.ports.tokens.issue({ hash: hashToken(TOKENS[who]), scope: scopes[who], expiresAt: null });
});
afterAll(async () => {
  await app.close();
});

test('the matrix names every operation and no other', () => {
  expect(Object.keys(MATRIX).toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
});

/** The refusals that come from rights; 404 has its own message for a deployment of another run. */
async function verdictOf(name: string, who: Who): Promise<Verdict> {
  const operation = OPERATIONS[name as keyof typeof OPERATIONS];
  const path = pathTo(operation, { params: { id: DEPLOYMENT, namespace: 'nothing' } });
  const response = await app.api(path, { method: operation.method, token: TOKENS[who] });
  if (response.status === 401 || response.status === 403) return response.status;
  const isHidden = response.status === 404 && who === 'other run' && path.includes(DEPLOYMENT);
  return isHidden ? 404 : 'yes';
}

test.each(Object.entries(MATRIX))(
  'the server answers each kind of actor that asks for %s',
  async (name, row) => {
    const verdicts: Partial<Record<Who, Verdict>> = {};
    for (const who of Object.keys(row) as Who[]) verdicts[who] = await verdictOf(name, who);
    expect(verdicts).toEqual(row);
  },
);
