import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../../src/people/api-token.js';
import { EnvironmentView } from '../../../src/contract/environments.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import type { Identity } from '../../../src/runs/identity.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;
let environment: StoredEnvironment;
let deployment: StoredDeployment;
const RUN_TOKEN = 'vtr_a-run';
const identity = { repoId: 99, pullRequest: 1, runId: '1', runAttempt: 1 } as Identity;
let used = 0;

beforeAll(async () => {
  const expiresAt = new Date(Date.now() + 60_000);
  const identify = async () => ({ ...identity, jti: `jti-${(used += 1)}`, expiresAt });
  app = await startApp({ identify, rates: { starts: { times: 3, perMs: 3_600_000 } } });
  const { environments, deployments, tokens, newId } = app.ports;
  environment = await environments.ensure({
    projectId: newId(),
    project: 'hello',
    repoId: 11,
    repository: 'acme/hello',
    installationId: 5,
    name: 'pr-7',
    slug: 'pr-7-hello',
    url: 'http://pr-7-hello.localhost',
  });
  deployment = await deployments.ensure({
    id: newId(),
    environmentId: environment.id,
    projectId: environment.projectId,
    repoId: 11,
    generation: 1,
    sha: 'a'.repeat(40),
    run: null,
    branch: 'feature',
    commitMessage: null,
    author: null,
    creator: 'webhook',
    previousDeploymentId: null,
  });
  const scope = { kind: 'run', deploymentId: deployment.id, repoId: 11 } as const;
  await tokens.issue({ hash: hashToken(RUN_TOKEN), scope, expiresAt });
});
afterAll(async () => {
  await app.close();
});

const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

test('an environment is found by its id, its namespace and in the list, in the shape of the contract', async () => {
  const byId = EnvironmentView().parse(
    await (await app.api(`/api/v1/environments/${environment.id}`)).json(),
  );
  const byNamespace: unknown = await (await app.api('/api/v1/environments/namespace/pr-7-hello')).json();
  const list: unknown = await (
    await app.api('/api/v1/environments?repository=acme/hello&active_only=true')
  ).json();
  expect(byId).toMatchObject({
    id: environment.id,
    namespace: 'pr-7-hello',
    status: ENVIRONMENT_STATUS.pending,
    live: false,
  });
  expect(byNamespace).toEqual(byId);
  expect(list).toEqual({ items: [byId], nextCursor: null });
});

test('the history of an environment and one deployment are shown', async () => {
  const history: unknown = await (await app.api(`/api/v1/environments/${environment.id}/deployments`)).json();
  const one: unknown = await (await app.api(`/api/v1/deployments/${deployment.id}`)).json();
  expect(history).toEqual({ items: [one], nextCursor: null });
  expect(one).toMatchObject({ id: deployment.id, sha: 'a'.repeat(40), durationSeconds: null });
});

test('a missing document is not found, and the answer to an unknown path names the description', async () => {
  const missing = await app.api(`/api/v1/environments/${'a'.repeat(24)}`);
  const nowhere = await app.api('/api/v2/environments');
  expect([missing.status, nowhere.status]).toEqual([404, 404]);
  expect(await nowhere.text()).toContain('openapi.json');
});

test('a method that a path does not have is refused with those it has', async () => {
  const response = await app.api('/api/v1/environments', { method: 'DELETE' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
});

test.each([
  ['without a token', null, 401],
  ['with an unknown token', 'vto_unknown', 401],
  ['with the token of a run', RUN_TOKEN, 403],
])('the list of environments %s is refused', async (_how, token, status) => {
  const response = await app.api('/api/v1/environments', { token });
  expect(response.status).toBe(status);
});

test("another run's deployment does not exist for a run", async () => {
  const response = await app.api(`/api/v1/deployments/${'f'.repeat(24)}`, { token: RUN_TOKEN });
  expect(response.status).toBe(404);
});

test('a run reads its own deployment and appends to its log, once for each number', async () => {
  const line = { at: '2026-11-20T12:00:00Z', stage: 'building', level: 'info', text: 'hello' };
  const logs = `/api/v1/deployments/${deployment.id}/logs`;
  for (const seq of [0, 0, 1]) {
    const response = await app.api(logs, { ...json({ seq, lines: [line] }), token: RUN_TOKEN });
    expect(response.status).toBe(202);
  }
  const page = (await (await app.api(logs)).json()) as { items: { number: number }[] };
  expect(page.items.map(({ number }) => number)).toEqual([1, 2]);
});

test('an operator destroys an environment, and its decision names the operator', async () => {
  const response = await app.api(`/api/v1/environments/${environment.id}/destroy`, { method: 'POST' });
  expect(response.status).toBe(202);
  await app.drain();
  const after = EnvironmentView().parse(
    await (await app.api(`/api/v1/environments/${environment.id}`)).json(),
  );
  expect(after).toMatchObject({
    status: ENVIRONMENT_STATUS.destroyed,
    live: false,
    decision: {
      rule: 'asked',
      detail: expect.stringMatching(/^Removed by the operator \(tests\)\. Push a commit/),
    },
  });
});

test('a repository that starts too many deployments gets 429', async () => {
  const starts = [];
  for (let count = 0; count < 5; count += 1) {
    starts.push((await app.api('/api/v1/deployments', { ...json({}), token: 'a.b.c' })).status);
  }
  expect(starts).toEqual([400, 400, 400, 429, 429]);
});

test('errors contain no internals', async () => {
  const response = await app.api('/api/v1/environments?cursor=zzz');
  expect(await response.text()).not.toMatch(/mongo|mongoose|node_modules|\.ts|at /i);
});
