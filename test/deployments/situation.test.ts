import { expect, test } from '@jest/globals';
import { type SituationKind, situationOf } from '../../src/deployments/situation.js';
import type { Environment } from '../../src/environments/model.js';
import type { Decision } from '../../src/pull-requests/decide/decision.js';
import type { Rule } from '../../src/pull-requests/decide/rules.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import {
  at,
  deploymentWith,
  environmentWith,
  OLDER_SHA,
  SCENES,
  stagesWith,
} from '../app/github/report/scenes.js';

const decided = (action: Decision['action'], rule: Rule): Partial<Environment> => ({
  decision: { action, rule, detail: 'Because.' },
});
const FILES = { kind: 'files', root: 'a' } as const;
const CURRENT = { deploymentId: 'older', sha: OLDER_SHA, url: 'u', reach: FILES, at: at('11:00:00') };
const other = (status: Parameters<typeof deploymentWith>[0]) =>
  deploymentWith(status, { id: 'older', sha: OLDER_SHA });

const scenes: [string, SituationKind][] = [
  ['waiting', 'waiting'],
  ['building', 'building'],
  ['updating', 'building-while-live'],
  ['ready', 'live'],
  ['elsewhere', 'live'],
  ['failed-first', 'build-failed'],
  ['failed-later', 'failed-while-live'],
  ['cancelled', 'build-cancelled'],
  ['held', 'awaiting-approval'],
  ['held-over', 'never-live'],
  ['skipped', 'skipped-by-rule'],
  ['destroying', 'being-removed'],
  ['destroyed', 'removed'],
];
test.each(scenes)('the newest commit of a preview that is %s: %s', (name, kind) => {
  const scene = SCENES[name];
  expect(scene && situationOf(scene).kind).toBe(kind);
});

test.each([
  [ENVIRONMENT_STATUS.pending, 'waiting'],
  [ENVIRONMENT_STATUS.awaitingApproval, 'awaiting-approval'],
  [ENVIRONMENT_STATUS.provisioning, 'building'],
  [ENVIRONMENT_STATUS.updating, 'building'],
  [ENVIRONMENT_STATUS.sleeping, 'asleep'],
  [ENVIRONMENT_STATUS.failed, 'build-failed'],
] as const)('an environment as a whole that is %s: %s', (status, kind) => {
  expect(situationOf({ environment: environmentWith({ status }), deployment: null }).kind).toBe(kind);
});

test('an older commit is told apart from the newest, whatever the rules say of that one', () => {
  const environment = environmentWith({ current: CURRENT, ...decided('skip', 'draft') });
  const kindOf = (deployment: ReturnType<typeof other>) => situationOf({ environment, deployment }).kind;
  expect(situationOf({ environment, deployment: null, sha: OLDER_SHA })).toMatchObject({
    kind: 'newer-commit',
    commit: { sha: OLDER_SHA },
    lastGood: null,
    notes: [],
  });
  expect(kindOf(other(DEPLOYMENT_STATUS.superseded))).toBe('newer-commit');
  expect(kindOf(other(DEPLOYMENT_STATUS.success))).toBe('live');
  expect(kindOf({ ...other(DEPLOYMENT_STATUS.success), id: 'oldest' })).toBe('build-removed');
  expect(kindOf(deploymentWith(DEPLOYMENT_STATUS.failed))).toBe('skipped-by-rule');
});

test('the newest commit of which another run took over is replaced', () => {
  const deployment = deploymentWith(DEPLOYMENT_STATUS.superseded);
  expect(situationOf({ environment: environmentWith(), deployment }).kind).toBe('replaced');
});

test('while the newest commit is not live, the last good deployment is shown with its commit', () => {
  const environment = environmentWith({ status: ENVIRONMENT_STATUS.updating, current: CURRENT });
  const deployment = deploymentWith(DEPLOYMENT_STATUS.running, { startedAt: at('12:41:00') });
  expect(situationOf({ environment, deployment })).toMatchObject({
    liveUrl: null,
    expectedUrl: null,
    lastGood: { url: 'u', commit: { sha: OLDER_SHA }, at: CURRENT.at },
    changedAt: at('12:41:00'),
  });
});

test('a failure names its stage, its error and the end of its log', () => {
  const stages = stagesWith({}).map((stage) =>
    stage.name === 'building' ? { ...stage, status: STAGE_STATUS.failed, error: 'code 1' } : stage,
  );
  const deployment = deploymentWith(DEPLOYMENT_STATUS.failed, { stages, logTail: ['line'] });
  expect(situationOf({ environment: environmentWith(), deployment }).failure).toEqual({
    stage: 'building',
    error: 'code 1',
    cause: null,
    log: ['line'],
  });
});

test('where there is one line for the reason, the cause in the log comes before how the command ended', () => {
  const cause = { line: 'Error: boom', excerpt: ['Error: boom'], at: 0 };
  const deployment = deploymentWith(DEPLOYMENT_STATUS.failed, { error: 'It ended with exit code 1.', cause });
  const situation = situationOf({ environment: environmentWith(), deployment });
  expect(situation.error).toBe('Error: boom');
  expect(situation.failure).toMatchObject({ error: 'It ended with exit code 1.', cause });
});

test('a commit that qualified late says that its workflow has to run again, and where', () => {
  const rerun = (rule: Rule) => {
    const environment = environmentWith({
      status: ENVIRONMENT_STATUS.pending,
      ...decided('deploy', rule),
    });
    return situationOf({ environment, deployment: null });
  };
  expect(rerun('approved')).toMatchObject({
    rerun: 'needed',
    runsUrl: 'https://github.com/acme/hello/pull/7/checks',
  });
  expect(rerun('ready-for-review')).toMatchObject({ rerun: 'maybe' });
  expect(rerun('opened')).toMatchObject({ rerun: null, runsUrl: null });
});

test('visitors are not told who asked for a removal; people with access to the pull request are', () => {
  const environment = environmentWith({
    status: ENVIRONMENT_STATUS.destroyed,
    deployedAt: at('12:42:00'),
    destroyedAt: at('13:00:00'),
    decision: { action: 'destroy', rule: 'asked', detail: 'Asked by token ci-3.' },
  });
  expect(situationOf({ environment, deployment: null })).toMatchObject({
    reason: { rule: 'asked', detail: 'Asked by token ci-3.' },
    removal: { cause: 'asked', returnsBy: 'push', visitorDetail: null },
    lifetime: { from: environment.createdAt, to: environment.destroyedAt },
  });
});

test('what the server keeps to itself is not part of it', () => {
  const environment = environmentWith({
    installationId: 987_654,
    approvedSha: 'approved-sha',
    resources: [
      {
        target: 't',
        generation: 1,
        deploymentId: 'd',
        artifactRoot: null,
        reach: null,
        doomed: false,
        handle: 'handle',
      },
    ],
  });
  const shown = JSON.stringify(
    situationOf({ environment, deployment: deploymentWith(DEPLOYMENT_STATUS.queued) }),
  );
  for (const internal of ['987654', 'approved-sha', 'handle', environment.projectId])
    expect(shown).not.toContain(internal);
});
