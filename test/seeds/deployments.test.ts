import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Environment } from '../../src/environments/model.js';
import { STAGE_NAMES } from '../../src/shared/status/stages.js';
import {
  DEPLOYMENT_STATUS,
  ENDED_BY,
  ENVIRONMENT_STATUS,
  STAGE_STATUS,
} from '../../src/shared/status/words.js';
import { newDeployment, newEnvironment, pullRequest } from '../support/builders.js';
import { startApp, type TestApp } from '../support/start-app.js';

/** docs/seeds.md maps the tables of the seeds. Each test writes and reads every field of environments and deployments. */

const at = (minute: number) => new Date(Date.UTC(2026, 10, 28, 12, minute));
const iso = (minute: number) => at(minute).toISOString();
const SHA = 'a'.repeat(40);
const LIVE_SHA = 'b'.repeat(40);
const [LIVE, NEWEST] = ['d'.repeat(23) + '1', 'd'.repeat(23) + '2'];

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
});

async function read<T = Record<string, unknown>>(path: string): Promise<T> {
  const response = await app.api(`/api/v1${path}`);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

const FRESH = newEnvironment({
  ...{ projectId: 'c'.repeat(24), project: 'shop', repoId: 11, repository: 'acme/site', installationId: 7 },
  ...{ name: 'pr-42', slug: 'pr-42-shop', url: 'http://pr-42-shop.localhost' },
  pullRequest: pullRequest({
    ...{ number: 42, title: 'Add a page', author: { id: 583_231, login: 'ada', isBot: false } },
    head: { ref: 'add-page', sha: SHA, repoId: 11 },
  }),
});

test('environments: every field is stored and answered, by id and by namespace', async () => {
  const made = await app.ports.environments.ensure(FRESH);
  const patch: Partial<Environment> = {
    ...{ status: ENVIRONMENT_STATUS.failed, generation: 3, error: 'The build failed.' },
    decision: { action: 'deploy', rule: 'new-commit', detail: 'The newest commit gets a preview.' },
    head: { sha: SHA, deploymentId: NEWEST, at: at(2) },
    current: {
      deploymentId: LIVE,
      sha: LIVE_SHA,
      url: FRESH.url,
      reach: { kind: 'files', root: 'r' },
      at: at(1),
    },
    health: { state: 'live', detail: null, since: at(1) },
    ...{ deployedAt: at(1), destroyedAt: at(5), expiresAt: at(9) },
  };
  const written = await app.ports.environments.change(made, { patch, due: [] });
  const stored = await app.ports.environments.get(made.id);
  expect(stored).toEqual(written);
  expect(stored).toMatchObject({ ...FRESH, ...patch, createdAt: made.createdAt });
  const view = await read(`/environments/${made.id}`);
  expect(view).toEqual({
    ...{ id: made.id, name: 'pr-42', namespace: 'pr-42-shop', project: 'shop', projectId: FRESH.projectId },
    ...{
      repository: 'acme/site',
      repositoryId: 11,
      url: FRESH.url,
      live: true,
      kind: 'files',
      addresses: [],
    },
    ...{ status: ENVIRONMENT_STATUS.failed, generation: 3, error: 'The build failed.' },
    ...{ commit: SHA, currentCommit: LIVE_SHA, latestDeployment: NEWEST, currentDeployment: LIVE },
    pullRequest: {
      ...{ number: 42, title: 'Add a page', author: 'ada', branch: 'add-page' },
      url: FRESH.pullRequest?.url,
    },
    decision: patch.decision,
    health: { state: 'live', detail: null, since: iso(1) },
    configurationChanged: false,
    ...{ hookFailure: null, pinned: false, protection: { access: 'public', how: null } },
    ...{ createdAt: made.createdAt.toISOString(), updatedAt: stored?.updatedAt.toISOString() },
    ...{ deployedAt: iso(1), destroyedAt: iso(5), expiresAt: iso(9) },
  });
  expect(await read('/environments/namespace/pr-42-shop')).toEqual(view);
  expect((await read('/environments?repository=acme/site&active_only=true'))['items']).toEqual([view]);
});

/** What the API answers under the same name. */
const NAMED = {
  ...{ id: NEWEST, environmentId: 'e'.repeat(24), projectId: FRESH.projectId, generation: 3, sha: SHA },
  ...{ environment: 'production', production: true, pullRequest: { number: 42, title: 'Add a page' } },
  ...{ branch: 'add-page', author: 'ada', commitMessage: 'Add a page\n\nWith a link.', triggeredBy: 'grace' },
  ...{ creator: 'scheduled' as const, run: { id: '9001', attempt: 2, job: 'preview' }, rollback: true },
};

const KNOWN = newDeployment({ ...NAMED, repoId: 11, committedAt: at(0), previousDeploymentId: LIVE });

const STAGES = STAGE_NAMES.map((name, index) => ({
  ...{ name, status: Object.values(STAGE_STATUS)[index] ?? STAGE_STATUS.completed },
  ...{ startedAt: at(10 + index), completedAt: at(11 + index), error: `${name} said so` },
}));

const ENDED = {
  ...{ status: DEPLOYMENT_STATUS.failed, target: 'static', endedBy: ENDED_BY.runReport },
  ...{
    url: 'https://shop.example',
    commitUrl: 'https://a.shop.example',
    logsUrl: 'https://github.example/1',
  },
  ...{ error: 'npm run build exited with 1.', logTail: ['one', 'two'] },
  cause: { line: 'Error: no page', excerpt: ['Error: no page'], at: 0 },
} as const;

test('deployments and deployment_stages: every field is stored and answered', async () => {
  const made = await app.ports.deployments.ensure(KNOWN);
  const times = { startedAt: at(10), completedAt: at(17), deletedAt: at(20) };
  const patch = { ...ENDED, ...times, stages: STAGES, configuration: 'fingerprint' };
  await app.ports.deployments.change(made, patch);
  const stored = await app.ports.deployments.get(NEWEST);
  expect(stored).toMatchObject({ ...KNOWN, ...patch, createdAt: made.createdAt });
  expect(await read(`/deployments/${NEWEST}`)).toEqual({
    ...NAMED,
    ...ENDED,
    ...{ repositoryId: 11, previousDeployment: LIVE, commitTimestamp: iso(0) },
    stages: STAGES.map((stage, index) => ({
      ...stage,
      ...{ startedAt: iso(10 + index), completedAt: iso(11 + index) },
    })),
    ...{ createdAt: made.createdAt.toISOString(), updatedAt: stored?.updatedAt.toISOString() },
    ...{ startedAt: iso(10), completedAt: iso(17), durationSeconds: 420, deletedAt: iso(20) },
  });
});

test('every status of an environment, a deployment and a stage is taken by the database and answered', async () => {
  for (const status of Object.values(ENVIRONMENT_STATUS)) {
    const made = await app.ports.environments.ensure({
      ...FRESH,
      name: status,
      slug: status.replace('_', '-'),
    });
    await app.ports.environments.change(made, { patch: { status }, due: [] });
    expect(await read(`/environments/${made.id}`)).toMatchObject({ status });
  }
  for (const [index, status] of Object.values(DEPLOYMENT_STATUS).entries()) {
    const id = `${'f'.repeat(23)}${String(index)}`;
    const made = await app.ports.deployments.ensure({ ...KNOWN, id, run: null });
    const word = Object.values(STAGE_STATUS)[index] ?? STAGE_STATUS.skipped;
    const stages = made.stages.map((stage) => ({ ...stage, status: word }));
    await app.ports.deployments.change(made, { status, stages });
    expect(await read(`/deployments/${id}`)).toMatchObject({ status, stages });
    expect((await read(`/deployments?status=${status}`))['items']).toMatchObject([{ id, status }]);
  }
});
