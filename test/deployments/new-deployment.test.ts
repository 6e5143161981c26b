import { expect, test } from '@jest/globals';
import { deploymentOfHead, freshDeployment, pendingStages } from '../../src/deployments/model.js';
import type { Environment, Head } from '../../src/environments/model.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { HEAD_SHA, pullRequest } from '../pull-requests/sample-pull-request.js';

const AT = new Date(Date.UTC(2026, 0, 1));
const head: Head = { deploymentId: 'd2', sha: HEAD_SHA, at: AT };
const environment = {
  id: 'e1',
  projectId: 'p1',
  repoId: 10,
  generation: 4,
  name: 'pr-7',
  pullRequest: pullRequest({ commitMessage: 'Add a page' }),
  current: { deploymentId: 'd1' },
} as unknown as Environment;

test('the deployment of a head says of which commit, branch and person it is, and what it follows', () => {
  expect(deploymentOfHead(environment, head)).toEqual({
    id: 'd2',
    environmentId: 'e1',
    projectId: 'p1',
    repoId: 10,
    generation: 4,
    sha: HEAD_SHA,
    run: null,
    branch: 'add-page',
    commitMessage: 'Add a page',
    author: 'octocat',
    creator: 'webhook',
    previousDeploymentId: 'd1',
  });
});

test('without a pull request the branch is the name of the environment', () => {
  const bare = { ...environment, name: 'main', pullRequest: null, current: null };
  expect(deploymentOfHead(bare, head)).toMatchObject({
    branch: 'main',
    commitMessage: null,
    author: null,
    previousDeploymentId: null,
  });
});

test('a fresh deployment waits with every stage before it, since the moment that is given', () => {
  const fresh = freshDeployment(deploymentOfHead(environment, head), AT);
  expect(fresh).toMatchObject({
    id: 'd2',
    status: DEPLOYMENT_STATUS.queued,
    stages: pendingStages(),
    error: null,
    url: null,
  });
  expect([fresh.createdAt, fresh.updatedAt, fresh.startedAt, fresh.completedAt]).toEqual([
    AT,
    AT,
    null,
    null,
  ]);
});
