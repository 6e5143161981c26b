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

/** What becomes of a stored webhook. */
export const DELIVERY_STATUS = {
  stored: 'stored',
  handled: 'handled',
  ignored: 'ignored',
  parked: 'parked',
} as const;

export type InboxStatus = (typeof DELIVERY_STATUS)[keyof typeof DELIVERY_STATUS];

export const GONE_ENVIRONMENTS: readonly EnvironmentStatus[] = [
  ENVIRONMENT_STATUS.destroying,
  ENVIRONMENT_STATUS.destroyed,
];
