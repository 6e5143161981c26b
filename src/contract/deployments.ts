import { z } from 'zod';
import { CAUSE_LIMITS } from '../shared/cause/cause.js';
import { healthRules } from '../shared/health-schemas.js';
import { STAGE_NAMES } from '../shared/status/stages.js';
import { DEPLOYMENT_STATUS, ENDED_BY, STAGE_STATUS } from '../shared/status/words.js';
import { MAX_VARIABLES } from '../variables/names.js';
import { ENVIRONMENTS, EnvironmentView } from './environments.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import {
  API,
  ById,
  CommitSha,
  DecisionView,
  Id,
  listOf,
  PageQuery,
  PullRequestNumber,
  UrlPath,
  WebUrl,
} from './shapes.js';

export const DEPLOYMENTS = `${API}/deployments` as const;

/** How a run may end a deployment. Only the server sets the other statuses. */
const FINISHES = [DEPLOYMENT_STATUS.success, DEPLOYMENT_STATUS.failed, DEPLOYMENT_STATUS.cancelled] as const;

export const RunRefBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    id: z.string().regex(/^[1-9]\d{0,19}$/),
    attempt: z.int().min(1).max(10_000),
    job: z.string().min(1).max(200),
  }),
);

export const StartDeploymentBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    sha: CommitSha(),
    pullRequest: PullRequestNumber(),
    run: RunRefBody(),
    project: z.string().min(1).max(100).optional(),
    target: z.string().min(1).max(40).optional(),
    commitMessage: z.string().max(10_000).optional(),
    logsUrl: WebUrl().optional(),
    /** The names of variables and secrets that the workflow gives to its commands itself. Never values. */
    provides: z.array(z.string().min(1).max(128)).max(MAX_VARIABLES).optional(),
  }),
);
export type StartDeploymentBody = ValueOf<typeof StartDeploymentBody>;

const StageBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    name: z.enum(STAGE_NAMES),
    status: z.enum(STAGE_STATUS),
    startedAt: z.iso.datetime().nullable(),
    completedAt: z.iso.datetime().nullable(),
    error: z.string().max(4_000).nullable(),
  }),
);
export type StageBody = ValueOf<typeof StageBody>;

/** The first error in the log of a failed stage: one line, and lines of the log around it. */
const CauseBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    line: z
      .string()
      .min(1)
      .max(CAUSE_LIMITS.line * 2),
    excerpt: z.array(z.string().max(CAUSE_LIMITS.excerptCharacters)).min(1).max(CAUSE_LIMITS.excerptLines),
    /** The index of the error in the excerpt. */
    at: z.int().min(0).max(CAUSE_LIMITS.excerptLines),
  }),
);

export const RecordProgressBody = /* @__PURE__ */ lazily(() =>
  z.strictObject({
    generation: z.int().min(0),
    stages: z.array(StageBody()).max(STAGE_NAMES.length).optional(),
    /** Where an earlier step deployed to; only for previews that this server does not serve. */
    url: WebUrl().optional(),
    /** The path that the run checked there. */
    healthPath: UrlPath().optional(),
    ...healthRules(),
    outcome: z
      .strictObject({
        status: z.enum(FINISHES),
        error: z.string().max(4_000).nullable(),
        logTail: z.array(z.string().max(2_000)).max(50),
        cause: CauseBody().optional(),
      })
      .optional(),
  }),
);
export type RecordProgressBody = ValueOf<typeof RecordProgressBody>;

/** Where a deployment comes from and what became of it. An older server does not say it. */
const provenance = () => ({
  projectId: z.string().default(''),
  repositoryId: z.int().default(0),
  /** The name of the environment, and the pull request as it was when the deployment was made. */
  environment: z.string().nullable().default(null),
  pullRequest: z.object({ number: z.int(), title: z.string() }).nullable().default(null),
  /** When the commit was made, as far as it was read. */
  commitTimestamp: z.string().nullable().default(null),
  triggeredBy: z.string().nullable().default(null),
  production: z.boolean().default(false),
  /** What was live when it was made. */
  previousDeployment: z.string().nullable().default(null),
  rollback: z.boolean().default(false),
  /** What ended it; null while it waits or runs. */
  endedBy: z.enum(ENDED_BY).nullable().default(null),
  updatedAt: z.string().nullable().default(null),
  /** Set when it was deleted: lists do not show it. */
  deletedAt: z.string().nullable().default(null),
});

export const DeploymentView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    environmentId: Id(),
    ...provenance(),
    status: z.enum(DEPLOYMENT_STATUS),
    generation: z.int(),
    sha: z.string(),
    url: z.string().nullable(),
    commitUrl: z.string().nullable(),
    logsUrl: z.string().nullable(),
    target: z.string().nullable(),
    branch: z.string(),
    commitMessage: z.string().nullable(),
    author: z.string().nullable(),
    creator: z.enum(['webhook', 'manual', 'scheduled']),
    stages: z.array(StageBody()),
    error: z.string().nullable(),
    logTail: z.array(z.string()),
    cause: CauseBody().nullable().optional(),
    run: RunRefBody().nullable(),
    createdAt: z.string(),
    startedAt: z.string().nullable(),
    completedAt: z.string().nullable(),
    /** From its start to its end. */
    durationSeconds: z.number().nullable(),
  }),
);
export type DeploymentView = ValueOf<typeof DeploymentView>;

/** What the run needs to build. The server reads it from the settings, so that a pull request cannot extend its own rights. */
const BuildPlan = /* @__PURE__ */ lazily(() =>
  z.object({
    target: z.string(),
    /** What the run hands over. */
    takes: z.enum(['files', 'image', 'compose', 'nothing']).default('files'),
    install: z.string().nullable(),
    build: z.string().nullable(),
    output: z.string().nullable(),
    workingDirectory: z.string(),
    healthPath: z.string(),
    ...healthRules(),
    /** The target starts a program: the run asks for that once it has handed everything over. */
    starts: z.boolean().default(false),
    start: z.string().nullable().default(null),
    port: z.int().nullable().default(null),
    /** How long the hooks may take together that run before the program starts, in milliseconds. */
    hooksMs: z.int().default(0),
    image: z.string().nullable().default(null),
    dockerfile: z.string().nullable().default(null),
    /** Where the run pushes images, with its token as the password. */
    registry: z.object({ host: z.string(), repository: z.string() }).nullable().default(null),
    variables: z.record(z.string(), z.string()),
    /** Decrypted, for this run only. */
    secrets: z.record(z.string(), z.string()).default({}),
  }),
);
export type BuildPlan = ValueOf<typeof BuildPlan>;

const StartDeploymentAnswer = /* @__PURE__ */ lazily(() =>
  z.discriminatedUnion('proceed', [
    z.object({
      proceed: z.literal(true),
      token: z.string(),
      tokenExpiresAt: z.string(),
      deployment: DeploymentView(),
      environment: EnvironmentView(),
      plan: BuildPlan(),
      /** Opens the protected preview for the run and its tests; null for a public one. */
      bypassToken: z.string().nullable().default(null),
    }),
    z.object({
      proceed: z.literal(false),
      environment: EnvironmentView().nullable(),
      decision: DecisionView(),
    }),
  ]),
);
export type StartDeploymentAnswer = ValueOf<typeof StartDeploymentAnswer>;

const ProgressAnswer = /* @__PURE__ */ lazily(() =>
  z.object({
    deployment: DeploymentView(),
    environment: EnvironmentView(),
    /** True when the environment's URL shows this deployment now. */
    live: z.boolean(),
    /** So many resources wait for a workflow run that removes them. */
    leftovers: z.int().default(0),
  }),
);
export type ProgressAnswer = ValueOf<typeof ProgressAnswer>;

export const startDeployment = {
  method: 'POST',
  path: DEPLOYMENTS,
  permission: 'deployment.start',
  summary:
    'A workflow run starts a deployment. Repeating it with the same run, attempt and job changes nothing',
  body: StartDeploymentBody,
  answers: { 200: StartDeploymentAnswer },
  errors: [
    ...(['forbidden', 'not_found', 'conflict', 'stale_head', 'environment_gone', 'unprocessable'] as const),
    'secret_unreadable',
  ],
} as const satisfies Operation;

export const getDeployment = {
  method: 'GET',
  path: `${DEPLOYMENTS}/:id`,
  permission: 'deployment.read',
  resource: { deploymentId: 'id' },
  summary: 'One deployment',
  params: ById,
  answers: { 200: DeploymentView },
  errors: ['not_found'],
} as const satisfies Operation;

export const listEnvironmentDeployments = {
  method: 'GET',
  path: `${ENVIRONMENTS}/:id/deployments`,
  permission: 'environment.read',
  resource: { environmentId: 'id' },
  summary: 'The deployments of an environment, newest first',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(DeploymentView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const recordProgress = {
  method: 'PATCH',
  path: `${DEPLOYMENTS}/:id`,
  permission: 'deployment.report',
  resource: { deploymentId: 'id' },
  summary: 'Reports stages and, at the end, the outcome',
  params: ById,
  body: RecordProgressBody,
  answers: { 200: ProgressAnswer },
  errors: ['conflict', 'stale_head', 'environment_gone', 'unprocessable'],
} as const satisfies Operation;

export const deployments = {
  startDeployment,
  getDeployment,
  listEnvironmentDeployments,
  recordProgress,
} as const satisfies Operations;
