/**
 * The only place with status words. Two tables as data (./environment.ts, ./deployment.ts): what a status may become, how people and GitHub
 * read it, and which word each of the systems this product grew from uses for it.
 */
/** Environment statuses. */
export const ENVIRONMENT_STATUS = {
  pending: 'pending',
  awaitingApproval: 'awaiting_approval',
  provisioning: 'provisioning',
  ready: 'ready',
  updating: 'updating',
  sleeping: 'sleeping',
  failed: 'failed',
  destroying: 'destroying',
  destroyed: 'destroyed',
} as const;

export type EnvironmentStatus = (typeof ENVIRONMENT_STATUS)[keyof typeof ENVIRONMENT_STATUS];

/** Deployment statuses. */
export const DEPLOYMENT_STATUS = {
  queued: 'queued',
  running: 'running',
  success: 'success',
  failed: 'failed',
  cancelled: 'cancelled',
  superseded: 'superseded',
} as const;

export type DeploymentStatus = (typeof DEPLOYMENT_STATUS)[keyof typeof DEPLOYMENT_STATUS];

/** Stage statuses. */
export const STAGE_STATUS = {
  pending: 'pending',
  inProgress: 'in_progress',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
} as const;

export type StageStatus = (typeof STAGE_STATUS)[keyof typeof STAGE_STATUS];

/** What runs for a deployment, a container or a process. */
export const CONTAINER_STATUS = { starting: 'starting', running: 'running', stopped: 'stopped' } as const;

export type ContainerStatus = (typeof CONTAINER_STATUS)[keyof typeof CONTAINER_STATUS];

/** What the doctor says of one part of an installation. */
export const CHECK_STATE = {
  good: 'good',
  warning: 'warning',
  failed: 'failed',
  skipped: 'skipped',
} as const;

export type CheckState = (typeof CHECK_STATE)[keyof typeof CHECK_STATE];

/** What ended a deployment. Its `error` is the sentence for people; code reads this word. */
export const ENDED_BY = {
  /** Its workflow run reported the outcome: success, failure or cancellation. */
  runReport: 'run-report',
  /** GitHub said that the run ended, and the run had reported no outcome. */
  runEnd: 'run-end',
  /** The run gave no sign of life for too long. */
  runSilence: 'run-silence',
  /** The workflows of the commit ended before a run took the deployment on. */
  workflowsEnd: 'workflows-end',
  /** No run took it on in time. */
  noRun: 'no-run',
  newerCommit: 'newer-commit',
  newerRun: 'newer-run',
  /** The pull request or its settings changed, so that this commit gets no preview. */
  decision: 'decision',
  previewRemoved: 'preview-removed',
  /** The server refused what the run asked for. */
  refusal: 'refusal',
  deployLimit: 'deploy-limit',
  /** What it had put online was lost. */
  lostFiles: 'lost-files',
} as const;

export type EndedBy = (typeof ENDED_BY)[keyof typeof ENDED_BY];

/** What becomes of a stored webhook. */
export const DELIVERY_STATUS = {
  stored: 'stored',
  handled: 'handled',
  ignored: 'ignored',
  parked: 'parked',
  /** Of a provider whose events are not handled yet: kept for audit only. */
  retained: 'retained',
} as const;

export type InboxStatus = (typeof DELIVERY_STATUS)[keyof typeof DELIVERY_STATUS];

/** What becomes of a notification. `dropped`: its recipient does not want it any more. */
export const NOTIFICATION_STATUS = {
  waiting: 'waiting',
  sent: 'sent',
  failed: 'failed',
  dropped: 'dropped',
} as const;

export type NotificationStatus = (typeof NOTIFICATION_STATUS)[keyof typeof NOTIFICATION_STATUS];

export const GONE_ENVIRONMENTS: readonly EnvironmentStatus[] = [
  ENVIRONMENT_STATUS.destroying,
  ENVIRONMENT_STATUS.destroyed,
];
