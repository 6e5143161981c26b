import {
  type Deployment,
  LATER_FIELDS,
  pendingStages,
  closeStages,
} from '../../../../src/deployments/model.js';
import { situationOf } from '../../../../src/deployments/situation.js';
import { cleanupSince, type Environment, type Resource } from '../../../../src/environments/model.js';
import type { CheckReport, CommentReport } from '../../../../src/reports/reporter.js';
import { CHECK } from '../../../../src/shared/status/github.js';
import type { Stage, StageName } from '../../../../src/shared/status/stages.js';
import {
  DEPLOYMENT_STATUS,
  type DeploymentStatus,
  ENVIRONMENT_STATUS,
  STAGE_STATUS,
} from '../../../../src/shared/status/words.js';

export const SHA = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';
export const OLDER_SHA = 'f00dfeed00000000000000000000000000000001';
const URL = 'https://pr-7-hello.preview.example.com';

export function at(time: string): Date {
  return new Date(`2026-03-01T${time}Z`);
}

const NOT_DUE = { at: null, wanted: 0, attempts: 0, error: null };

export function environmentWith(changes: Partial<Environment> = {}): Environment {
  return {
    id: '65e1a0000000000000000001',
    projectId: '65e1a0000000000000000002',
    project: 'hello',
    repoId: 42,
    repository: 'acme/hello',
    installationId: 9,
    name: 'pr-7',
    slug: 'pr-7-hello',
    url: URL,
    status: ENVIRONMENT_STATUS.ready,
    generation: 1,
    decision: {
      action: 'deploy',
      rule: 'opened',
      detail: 'The newest commit gets a preview. Wait for its build.',
    },
    settings: null,
    notes: [],
    approvedSha: null,
    pullRequest: {
      number: 7,
      title: 'Bigger buttons',
      state: 'open',
      merged: false,
      draft: false,
      author: { id: 1, login: 'octocat', isBot: false },
      head: { ref: 'bigger-buttons', sha: SHA, repoId: 42 },
      base: { ref: 'main', sha: OLDER_SHA, repoId: 42 },
      labels: [],
      updatedAt: at('12:40:00'),
      url: 'https://github.com/acme/hello/pull/7',
    },
    head: { sha: SHA, deploymentId: '65e1a000000000000000000a', at: at('12:40:00') },
    current: null,
    resources: [],
    error: null,
    reported: { checks: [], deployments: [], commitStatus: null, comment: null },
    due: { report: NOT_DUE, teardown: NOT_DUE, screenshot: NOT_DUE },
    expiresAt: null,
    createdAt: at('12:40:00'),
    updatedAt: at('12:45:00'),
    deployedAt: null,
    destroyedAt: null,
    ...changes,
  };
}

/** Stages as they stand after those in `done`, with `now` under way. */
export function stagesWith(
  done: Partial<Record<StageName, readonly [string, string]>>,
  now?: { readonly name: StageName; readonly since: string },
): Stage[] {
  return pendingStages().map((stage) => {
    const span = done[stage.name];
    if (span)
      return { ...stage, status: STAGE_STATUS.completed, startedAt: at(span[0]), completedAt: at(span[1]) };
    return stage.name === now?.name
      ? { ...stage, status: STAGE_STATUS.inProgress, startedAt: at(now.since) }
      : stage;
  });
}

export const ALL_DONE = stagesWith({
  installing: ['12:41:02', '12:41:25'],
  building: ['12:41:25', '12:42:07'],
  copying: ['12:42:07.000', '12:42:07.400'],
  deploying: ['12:42:08', '12:42:11'],
  verifying: ['12:42:11', '12:42:12'],
});

export function deploymentWith(status: DeploymentStatus, changes: Partial<Deployment> = {}): Deployment {
  return {
    ...LATER_FIELDS,
    id: '65e1a000000000000000000a',
    environmentId: '65e1a0000000000000000001',
    projectId: '65e1a0000000000000000002',
    repoId: 42,
    generation: 1,
    sha: SHA,
    run: { id: '77', attempt: 1, job: 'preview' },
    status,
    stages: pendingStages(),
    branch: 'bigger-buttons',
    commitMessage: 'Make the buttons bigger\n\nThey were too small.',
    author: 'octocat',
    creator: 'webhook',
    target: null,
    url: null,
    commitUrl: null,
    logsUrl: 'https://github.com/acme/hello/actions/runs/77',
    artifactRoot: null,
    reach: null,
    endedBy: null,
    error: null,
    logTail: [],
    previousDeploymentId: null,
    rollback: false,
    createdAt: at('12:40:01'),
    startedAt: at('12:41:00'),
    completedAt: null,
    updatedAt: at('12:45:00'),
    deletedAt: null,
    ...changes,
  };
}

const CURRENT: NonNullable<Environment['current']> = {
  deploymentId: '65e1a000000000000000000a',
  sha: SHA,
  url: URL,
  reach: { kind: 'files', root: 'b'.repeat(64) },
  at: at('12:42:12'),
};
const OLDER = { ...CURRENT, deploymentId: '65e1a0000000000000000009', sha: OLDER_SHA, at: at('11:02:00') };
const BROKEN_STAGES = closeStages(
  stagesWith({ installing: ['12:41:02', '12:41:25'] }, { name: 'building', since: '12:41:25' }),
  { open: STAGE_STATUS.failed, at: at('12:41:42'), error: 'npm run build ended with code 1' },
);
const FAILED = deploymentWith(DEPLOYMENT_STATUS.failed, {
  stages: BROKEN_STAGES,
  completedAt: at('12:41:42'),
  error: 'npm run build ended with code 1',
  logTail: [
    '> hello@1.0.0 build',
    '> vite build',
    '',
    'src/button.tsx:14:9 - error TS2322: Type "huge" is not assignable to type "small" | "large".',
    '14   size="huge"',
    'Found 1 error.',
  ],
});
/** As `npm ci` says it: the reason first, and then much that does not matter. */
const OUT_OF_STEP = deploymentWith(DEPLOYMENT_STATUS.failed, {
  stages: closeStages(stagesWith({}, { name: 'installing', since: '12:41:02' }), {
    open: STAGE_STATUS.failed,
    at: at('12:41:06'),
    error: '"npm ci" ended with exit code 1.',
  }),
  completedAt: at('12:41:06'),
  error: '"npm ci" ended with exit code 1.',
  cause: {
    line: '`npm ci` can only install packages when your package.json and package-lock.json are in sync. Missing: left-pad@1.3.0 from lock file',
    excerpt: [
      'npm error code EUSAGE',
      'npm error',
      'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync. Please update your lock file with `npm install` before continuing.',
      'npm error',
      'npm error Missing: left-pad@1.3.0 from lock file',
    ],
    at: 4,
  },
  logTail: [
    'npm error [--no-bin-links] [--no-fund] [--dry-run]',
    'npm error Run "npm help ci" for more info',
  ],
});
const LIVE = deploymentWith(DEPLOYMENT_STATUS.success, {
  stages: ALL_DONE,
  completedAt: at('12:42:12'),
  url: URL,
  commitUrl: 'https://a1b2c3d-pr-7-hello.preview.example.com',
  reach: CURRENT.reach,
});
const LINK = {
  kind: 'elsewhere',
  url: 'https://staging.example.com/pr-7',
  healthPath: '/',
  removable: false,
} as const;
/** Deployed by an earlier step of the workflow, which tells of it by a check run of its own. */
const LINKED = deploymentWith(DEPLOYMENT_STATUS.success, {
  stages: stagesWith({ verifying: ['12:42:11', '12:42:12'] }),
  completedAt: at('12:42:12'),
  url: LINK.url,
  reach: LINK,
});
const LINKED_HEAD = {
  sha: SHA,
  deploymentId: LINKED.id,
  at: at('12:40:00'),
  selfReported: LINKED.id,
};
const decided = (action: Environment['decision'] & object): Partial<Environment> => ({ decision: action });

/** Deployed by a command of the workflow, which a run has to remove. */
const REMOVED_BY_RUN: Partial<Environment> = {
  status: ENVIRONMENT_STATUS.destroying,
  deployedAt: at('12:42:12'),
  ...decided({
    action: 'destroy',
    rule: 'merged',
    detail: 'The pull request was merged. Its preview is removed.',
  }),
};

function leftoverWith(changes: Partial<NonNullable<Resource['cleanup']>>): Resource {
  return {
    target: 'command',
    generation: 1,
    deploymentId: LINKED.id,
    artifactRoot: null,
    reach: { ...LINK, removable: true },
    doomed: true,
    handle: {},
    cleanup: { ...cleanupSince(at('13:00:00')), ...changes },
  };
}

/** An environment with the deployment of its newest commit. */
export interface Scene {
  readonly environment: Environment;
  readonly deployment: Deployment | null;
}

/** One situation each, as reviewers meet them. */
export const SCENES: Readonly<Record<string, Scene>> = {
  waiting: {
    environment: environmentWith({ status: ENVIRONMENT_STATUS.pending }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.queued, { run: null, startedAt: null, logsUrl: null }),
  },
  'waiting-rerun': {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.pending,
      ...decided({
        action: 'deploy',
        rule: 'approved',
        detail: 'The newest commit gets a preview. Wait for its build.',
      }),
    }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.queued, { run: null, startedAt: null, logsUrl: null }),
  },
  'waiting-ready': {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.pending,
      ...decided({
        action: 'deploy',
        rule: 'ready-for-review',
        detail: 'The newest commit gets a preview. Wait for its build.',
      }),
    }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.queued, { run: null, startedAt: null, logsUrl: null }),
  },
  building: {
    environment: environmentWith({ status: ENVIRONMENT_STATUS.provisioning }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.running, {
      stages: stagesWith({ installing: ['12:41:02', '12:41:25'] }, { name: 'building', since: '12:41:25' }),
    }),
  },
  updating: {
    environment: environmentWith({ status: ENVIRONMENT_STATUS.updating, current: OLDER }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.running, {
      stages: stagesWith({}, { name: 'installing', since: '12:41:02' }),
    }),
  },
  ready: {
    environment: environmentWith({ current: CURRENT, deployedAt: at('12:42:12'), expiresAt: at('23:00:00') }),
    deployment: LIVE,
  },
  pinned: {
    environment: environmentWith({
      ...{ current: CURRENT, deployedAt: at('12:42:12'), expiresAt: at('23:00:00') },
      pinned: { by: 'mona', at: at('13:00:00') },
    }),
    deployment: LIVE,
  },
  asleep: {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.sleeping,
      ...{ current: CURRENT, deployedAt: at('12:42:12'), expiresAt: at('23:00:00') },
      asleep: { since: at('14:00:00'), stoppedAt: at('14:00:10'), failedAt: null },
    }),
    deployment: LIVE,
  },
  'several-addresses': {
    environment: environmentWith({
      current: {
        ...CURRENT,
        reach: {
          kind: 'upstream',
          host: '127.0.0.1',
          port: 30_000,
          addresses: [
            {
              service: 'api',
              url: 'https://api-pr-7-hello.preview.example.com',
              host: '127.0.0.1',
              port: 30_001,
            },
            {
              service: 'mail',
              url: 'https://mail-pr-7-hello.preview.example.com',
              host: '127.0.0.1',
              port: 30_002,
            },
          ],
        },
      },
      deployedAt: at('12:42:12'),
    }),
    deployment: LIVE,
  },
  prebuilt: {
    environment: environmentWith({ current: CURRENT, deployedAt: at('12:42:12') }),
    deployment: {
      ...LIVE,
      stages: ALL_DONE.map((stage) =>
        stage.name === 'installing' || stage.name === 'building'
          ? { ...stage, status: STAGE_STATUS.skipped }
          : stage,
      ),
    },
  },
  elsewhere: {
    environment: environmentWith({
      head: LINKED_HEAD,
      current: { ...CURRENT, url: LINK.url, reach: LINK },
      deployedAt: at('12:42:12'),
      expiresAt: at('23:00:00'),
    }),
    deployment: LINKED,
  },
  'elsewhere-over': {
    environment: environmentWith({
      head: LINKED_HEAD,
      status: ENVIRONMENT_STATUS.destroyed,
      deployedAt: at('12:42:12'),
      destroyedAt: new Date('2026-03-03T15:45:00Z'),
      ...decided({
        action: 'destroy',
        rule: 'merged',
        detail: 'The pull request was merged. Its preview is removed.',
      }),
    }),
    deployment: LINKED,
  },
  unwell: {
    environment: environmentWith({
      current: { ...CURRENT, url: LINK.url, reach: LINK },
      deployedAt: at('12:42:12'),
      health: { state: 'unhealthy', detail: 'It answers HTTP 503.', since: at('14:10:00') },
    }),
    deployment: LINKED,
  },
  'destroying-awaited': {
    environment: environmentWith({ ...REMOVED_BY_RUN, resources: [leftoverWith({})] }),
    deployment: LINKED,
  },
  'destroying-unremoved': {
    environment: environmentWith({
      ...REMOVED_BY_RUN,
      resources: [
        leftoverWith({
          error: '"npx surge teardown" ended with exit code 1.',
          logsUrl: 'https://github.com/acme/hello/actions/runs/78/attempts/1',
        }),
      ],
    }),
    deployment: LINKED,
  },
  'destroyed-abandoned': {
    environment: environmentWith({
      ...REMOVED_BY_RUN,
      status: ENVIRONMENT_STATUS.destroyed,
      destroyedAt: new Date('2026-03-15T13:00:00Z'),
      resources: [leftoverWith({ abandonedAt: new Date('2026-03-15T13:00:00Z') })],
    }),
    deployment: LINKED,
  },
  'failed-first': { environment: environmentWith({ status: ENVIRONMENT_STATUS.failed }), deployment: FAILED },
  'failed-later': {
    environment: environmentWith({ status: ENVIRONMENT_STATUS.failed, current: OLDER }),
    deployment: FAILED,
  },
  'failed-with-cause': {
    environment: environmentWith({ status: ENVIRONMENT_STATUS.failed }),
    deployment: OUT_OF_STEP,
  },
  cancelled: {
    environment: environmentWith({ status: ENVIRONMENT_STATUS.pending }),
    deployment: deploymentWith(DEPLOYMENT_STATUS.cancelled, { completedAt: at('12:41:10') }),
  },
  held: {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.awaitingApproval,
      ...decided({
        action: 'hold',
        rule: 'awaiting-approval',
        detail:
          'The author may not write to this repository. For a preview, a person with write access to this repository must set the label "preview:approved" (it is valid for this commit only), then re-run the workflow.',
      }),
    }),
    deployment: null,
  },
  'held-over': {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.destroyed,
      destroyedAt: at('13:00:00'),
      ...decided({
        action: 'destroy',
        rule: 'closed',
        detail: 'The pull request was closed. Its preview is removed; reopen it to get a new one.',
      }),
    }),
    deployment: null,
  },
  skipped: {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.pending,
      ...decided({
        action: 'skip',
        rule: 'draft',
        detail:
          'Drafts get no preview. Mark the pull request as ready for review, or set "triggers.drafts: true".',
      }),
    }),
    deployment: null,
  },
  destroying: {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.destroying,
      deployedAt: at('12:42:12'),
      ...decided({
        action: 'destroy',
        rule: 'merged',
        detail: 'The pull request was merged. Its preview is removed.',
      }),
    }),
    deployment: LIVE,
  },
  destroyed: {
    environment: environmentWith({
      status: ENVIRONMENT_STATUS.destroyed,
      deployedAt: at('12:42:12'),
      destroyedAt: new Date('2026-03-03T15:45:00Z'),
      ...decided({
        action: 'destroy',
        rule: 'closed',
        detail: 'The pull request was closed. Its preview is removed; reopen it to get a new one.',
      }),
    }),
    deployment: LIVE,
  },
};

export function commentOf(...scenes: readonly Scene[]): CommentReport {
  return { number: 7, marker: '<!-- vitrine:42:7 -->', situations: scenes.map(situationOf) };
}

export function checkOf({ environment, deployment }: Scene, changes: Partial<CheckReport> = {}): CheckReport {
  return {
    name: 'Preview',
    sha: SHA,
    externalId: `vitrine:1:pr-7:hello:${SHA}:::`,
    status: CHECK.completed,
    conclusion: null,
    title: 'Preview',
    detailsUrl: null,
    situation: situationOf({ environment, deployment, sha: changes.sha ?? SHA }),
    ...changes,
  };
}
