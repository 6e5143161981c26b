import { expect, test } from '@jest/globals';
import {
  deploymentOfHead,
  freshDeployment,
  mergeStages,
  pendingStages,
  closeStages,
  waitingAgain,
} from '../../src/deployments/model.js';
import type { Environment, Head } from '../../src/environments/model.js';
import { sameRun } from '../../src/shared/run-ref.js';
import { type Stage, STAGE_NAMES } from '../../src/shared/status/stages.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { HEAD_SHA, pullRequest } from '../support/builders.js';

const AT = new Date(Date.UTC(2026, 0, 1));
const LATER = new Date(Date.UTC(2026, 0, 2));

const stage = (change: Partial<Stage>): Stage => ({
  name: 'building',
  status: STAGE_STATUS.pending,
  startedAt: null,
  completedAt: null,
  error: null,
  ...change,
});

test('a new deployment has every stage before it, in the order in which they are shown', () => {
  expect(pendingStages().map(({ name }) => name)).toEqual(STAGE_NAMES);
  expect(new Set(pendingStages().map(({ status }) => status))).toEqual(new Set([STAGE_STATUS.pending]));
});

test('a deployment that waits again has nothing of the attempt before: no reason, no end, no log', () => {
  const nothing = {
    endedBy: null,
    error: null,
    completedAt: null,
    stages: pendingStages(),
    logTail: [],
    cause: null,
    logsUrl: null,
  };
  expect(waitingAgain()).toEqual(nothing);
});

const run = { id: '7', attempt: 1, job: 'preview' };
test.each([
  ['the same three', run, true],
  ['the same three of another workflow file', { ...run, workflow: 'other.yml' }, true],
  ['another id', { ...run, id: '8' }, false],
  ['another attempt', { ...run, attempt: 2 }, false],
  ['another job', { ...run, job: 'docs' }, false],
  ['nobody', null, false],
])('%s: is it the same run?', (_who, other, same) => {
  expect(sameRun(other, run)).toBe(same);
});

test('an end gives its outcome to the running stage and skips what was never reached', () => {
  const stages = [
    stage({ name: 'installing', status: STAGE_STATUS.completed, completedAt: AT }),
    stage({ status: STAGE_STATUS.inProgress, startedAt: AT }),
    stage({ name: 'copying' }),
  ];
  const failed = closeStages(stages, { open: STAGE_STATUS.failed, at: LATER, error: 'exit code 1' });
  expect(failed).toEqual([
    stages[0],
    stage({ status: STAGE_STATUS.failed, startedAt: AT, completedAt: LATER, error: 'exit code 1' }),
    stage({ name: 'copying', status: STAGE_STATUS.skipped }),
  ]);
  const skipped = closeStages(stages, { open: STAGE_STATUS.skipped, at: LATER, error: 'cancelled' });
  expect(skipped[1]).toMatchObject({ status: STAGE_STATUS.skipped, error: null });
});

test.each<[string, Partial<Stage>, Partial<Stage>, Partial<Stage>]>([
  [
    'a stage begins',
    {},
    { status: STAGE_STATUS.inProgress, startedAt: AT },
    { status: STAGE_STATUS.inProgress, startedAt: AT },
  ],
  [
    'a repeated begin keeps its first time',
    { status: STAGE_STATUS.inProgress, startedAt: AT },
    { status: STAGE_STATUS.inProgress, startedAt: LATER },
    { status: STAGE_STATUS.inProgress, startedAt: AT },
  ],
  [
    'one that has ended never opens again',
    { status: STAGE_STATUS.completed, completedAt: AT },
    { status: STAGE_STATUS.inProgress, startedAt: LATER },
    { status: STAGE_STATUS.completed, completedAt: AT },
  ],
  [
    'one that has ended keeps its end',
    { status: STAGE_STATUS.completed, completedAt: AT },
    { status: STAGE_STATUS.failed, completedAt: LATER, error: 'late' },
    { status: STAGE_STATUS.completed, completedAt: AT },
  ],
  [
    'one that runs ends',
    { status: STAGE_STATUS.inProgress, startedAt: AT },
    { status: STAGE_STATUS.failed, startedAt: AT, completedAt: LATER, error: 'exit code 1' },
    { status: STAGE_STATUS.failed, startedAt: AT, completedAt: LATER, error: 'exit code 1' },
  ],
])('of what a run reports: %s', (_what, known, reported, merged) => {
  expect(mergeStages([stage(known)], [stage(reported)])).toEqual([stage(merged)]);
});

test('what a run says nothing of stays as it is', () => {
  const known = [stage({ status: STAGE_STATUS.inProgress, startedAt: AT })];
  expect(mergeStages(known, [stage({ name: 'copying', status: STAGE_STATUS.completed })])).toEqual(known);
});

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
    committedAt: null,
    triggeredBy: null,
    environment: 'pr-7',
    pullRequest: { number: 7, title: 'Add a page' },
    production: false,
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
