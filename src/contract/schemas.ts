import { z } from 'zod';
import { STAGE_NAMES } from '../shared/status/stages.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../shared/status/words.js';

const values = <T extends Record<string, string>>(table: T) =>
  Object.values(table) as [T[keyof T], ...T[keyof T][]];

const Sha = z.string().regex(/^[0-9a-f]{40}$/, 'must be a full commit SHA: 40 lower-case hex digits');
export const Id = z.string().regex(/^[0-9a-f]{24}$/, 'must be an id: 24 lower-case hex digits');
const RunRefBody = z.strictObject({
  id: z.string().regex(/^[1-9]\d{0,19}$/),
  attempt: z.int().min(1).max(10_000),
  job: z.string().min(1).max(200),
});

/** `POST /deployments`: a workflow run takes a deployment on. Repeating it with the same run, attempt and job changes nothing. */
export const StartDeploymentBody = z.strictObject({
  sha: Sha,
  pullRequest: z
    .int()
    .min(1)
    .max(2 ** 31),
  run: RunRefBody,
  project: z.string().min(1).max(100).optional(),
  target: z.string().min(1).max(40).optional(),
  commitMessage: z.string().max(10_000).optional(),
  logsUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
});
export type StartDeploymentBody = z.infer<typeof StartDeploymentBody>;

export const StageBody = z.strictObject({
  name: z.enum(STAGE_NAMES),
  status: z.enum(values(STAGE_STATUS)),
  startedAt: z.iso.datetime().nullable(),
  completedAt: z.iso.datetime().nullable(),
  error: z.string().max(4_000).nullable(),
});
export type StageBody = z.infer<typeof StageBody>;

/** How a run may end a deployment: the other words belong to the server. */
const FINISHES = [DEPLOYMENT_STATUS.success, DEPLOYMENT_STATUS.failed, DEPLOYMENT_STATUS.cancelled] as const;

/** `PATCH /deployments/:id`: stages as they go, and at last the outcome. */
export const RecordProgressBody = z.strictObject({
  generation: z.int().min(0),
  stages: z.array(StageBody).max(STAGE_NAMES.length).optional(),
  /** Where an earlier step deployed to; only for previews that this server does not serve. */
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  outcome: z
    .strictObject({
      status: z.enum(FINISHES),
      error: z.string().max(4_000).nullable(),
      logTail: z.array(z.string().max(2_000)).max(50),
    })
    .optional(),
});
export type RecordProgressBody = z.infer<typeof RecordProgressBody>;

export const AppendLogsBody = z.strictObject({
  seq: z.int().min(0),
  lines: z
    .array(
      z.strictObject({
        at: z.iso.datetime(),
        stage: z.string().max(40),
        level: z.enum(['debug', 'info', 'warning', 'error']),
        text: z.string().max(16_384),
      }),
    )
    .min(1)
    .max(1_000),
});
export type AppendLogsBody = z.infer<typeof AppendLogsBody>;

const DecisionView = z.object({ action: z.string(), rule: z.string(), detail: z.string() });

export const EnvironmentView = z.object({
  id: Id,
  name: z.string(),
  namespace: z.string(),
  project: z.string(),
  repository: z.string(),
  status: z.enum(values(ENVIRONMENT_STATUS)),
  generation: z.int(),
  url: z.string(),
  live: z.boolean(),
  commit: z.string().nullable(),
  currentCommit: z.string().nullable(),
  pullRequest: z
    .object({ number: z.int(), title: z.string(), author: z.string(), branch: z.string(), url: z.string() })
    .nullable(),
  decision: DecisionView.nullable(),
  error: z.string().nullable(),
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
  deployedAt: z.string().nullable(),
  destroyedAt: z.string().nullable(),
});
export type EnvironmentView = z.infer<typeof EnvironmentView>;

export const DeploymentView = z.object({
  id: Id,
  environmentId: Id,
  status: z.enum(values(DEPLOYMENT_STATUS)),
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
  stages: z.array(StageBody),
  error: z.string().nullable(),
  logTail: z.array(z.string()),
  run: RunRefBody.nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  completedAt: z.string().nullable(),
  durationSeconds: z.number().nullable(),
});
export type DeploymentView = z.infer<typeof DeploymentView>;

/** What the run must know to build: read from the settings by the server, so that a pull request cannot widen them. */
export const BuildPlan = z.object({
  target: z.string(),
  install: z.string().nullable(),
  build: z.string().nullable(),
  output: z.string().nullable(),
  workingDirectory: z.string(),
  healthPath: z.string(),
  variables: z.record(z.string(), z.string()),
});
export type BuildPlan = z.infer<typeof BuildPlan>;

export const StartDeploymentAnswer = z.discriminatedUnion('proceed', [
  z.object({
    proceed: z.literal(true),
    token: z.string(),
    tokenExpiresAt: z.string(),
    deployment: DeploymentView,
    environment: EnvironmentView,
    plan: BuildPlan,
  }),
  z.object({ proceed: z.literal(false), environment: EnvironmentView.nullable(), decision: DecisionView }),
]);
export type StartDeploymentAnswer = z.infer<typeof StartDeploymentAnswer>;

export const ProgressAnswer = z.object({
  deployment: DeploymentView,
  environment: EnvironmentView,
  /** True when this deployment is what the environment's URL shows now. */
  live: z.boolean(),
});
export type ProgressAnswer = z.infer<typeof ProgressAnswer>;

/** What the answers to both turns of an upload say; the one to a plan says besides what is missing. */
export const UploadAnswer = z.object({
  /** Every file is there, and the build is served at the address of its commit. */
  complete: z.boolean(),
  /** What a person should know about the upload, one sentence each. */
  notes: z.array(z.string()).default([]),
  commitUrl: z.string().nullable().default(null),
});
export type UploadAnswer = z.infer<typeof UploadAnswer>;

export const ErrorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string(), requestId: z.string() }),
});
