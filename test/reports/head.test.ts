import { expect, test } from '@jest/globals';
import type { Environment } from '../../src/environments/model.js';
import { createLookup, headDeployment } from '../../src/reports/desired.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { deploymentWith, environmentWith } from '../app/github/report/scenes.js';

const DEPLOY = { action: 'deploy', rule: 'opened', detail: 'The newest commit gets a preview.' } as const;
const HEAD = { sha: 'a'.repeat(40), deploymentId: 'd1', at: new Date('2026-03-01T12:40:00Z') };
const awaited = (changes: Partial<Environment> = {}) =>
  environmentWith({ decision: DEPLOY, head: HEAD, generation: 2, ...changes });
const unstarted = { id: 'd1', sha: HEAD.sha, run: null, startedAt: null, logsUrl: null };

test('a report is the same before and after the deployment of the commit is written', async () => {
  const environment = awaited();
  const { pullRequest } = environment;
  const written = deploymentWith(DEPLOYMENT_STATUS.queued, {
    ...unstarted,
    environmentId: environment.id,
    generation: 2,
    branch: pullRequest?.head.ref ?? '',
    commitMessage: pullRequest?.commitMessage ?? null,
    environment: environment.name,
    pullRequest: pullRequest && { number: pullRequest.number, title: pullRequest.title },
    author: pullRequest?.author.login ?? null,
    projectId: environment.projectId,
    repoId: environment.repoId,
    previousDeploymentId: environment.current?.deploymentId ?? null,
    createdAt: new Date('2026-03-01T12:40:07Z'),
    updatedAt: HEAD.at,
  });
  const [before, after] = await Promise.all([
    headDeployment(async () => null, environment),
    headDeployment(async () => written, environment),
  ]);
  expect(before).toEqual(after);
});

test('a deployment that is about to be revived is reported as waiting', async () => {
  const ended = deploymentWith(DEPLOYMENT_STATUS.superseded, {
    ...unstarted,
    generation: 1,
    error: 'The pull request was closed.',
    completedAt: new Date(),
  });
  const found = await headDeployment(async () => ended, awaited());
  expect(found).toMatchObject({ status: DEPLOYMENT_STATUS.queued, error: null, completedAt: null });
  expect(found?.stages.every(({ status }) => status === STAGE_STATUS.pending)).toBe(true);
});

test.each([
  ['a run has worked on it', { run: { id: '7', attempt: 1, job: 'preview' }, generation: 1 }, {}],
  ['it belongs to this generation', { generation: 2 }, {}],
  ['nothing is to be deployed', { generation: 1 }, { decision: { ...DEPLOY, action: 'hold' as const } }],
])('an ended one is reported as it ended when %s', async (_why, changes, environment) => {
  const ended = deploymentWith(DEPLOYMENT_STATUS.cancelled, { ...unstarted, ...changes });
  expect(await headDeployment(async () => ended, awaited(environment))).toMatchObject({
    status: DEPLOYMENT_STATUS.cancelled,
  });
});

test('without a head, or when nothing will be deployed, no deployment is reported', async () => {
  const none = async () => null;
  expect(await headDeployment(none, awaited({ head: null }))).toBeNull();
  expect(await headDeployment(none, awaited({ decision: { ...DEPLOY, action: 'skip' } }))).toBeNull();
});

test('a deployment that several parts of a report need is read once', async () => {
  const asked: string[] = [];
  const deployments = {
    get: async (id: string) => {
      asked.push(id);
      return null;
    },
  };
  const lookup = createLookup({ deployments: deployments as never });
  await Promise.all([lookup('a'), lookup('b'), lookup('a')]);
  await lookup('b');
  expect(asked).toEqual(['a', 'b']);
});
