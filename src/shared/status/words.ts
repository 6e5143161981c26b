/**
 * The only place with status words. Two tables as data (./environment.ts, ./deployment.ts): what a status may become, how people and GitHub
 * read it, and which word each of the systems this product grew from uses for it.
 */
/** Environment statuses. */
export const E = {
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

export type EnvironmentStatus = (typeof E)[keyof typeof E];

/** Deployment statuses. */
export const D = {
  queued: 'queued',
  running: 'running',
  success: 'success',
  failed: 'failed',
  cancelled: 'cancelled',
  superseded: 'superseded',
} as const;

export type DeploymentStatus = (typeof D)[keyof typeof D];

/** Stage statuses. */
export const S = {
  pending: 'pending',
  inProgress: 'in_progress',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  skipped: 'skipped',
} as const;

export type StageStatus = (typeof S)[keyof typeof S];

/** What becomes of a stored webhook. */
export const INBOX = { stored: 'stored', handled: 'handled', ignored: 'ignored', parked: 'parked' } as const;

export type InboxStatus = (typeof INBOX)[keyof typeof INBOX];

export const GONE_ENVIRONMENTS: readonly EnvironmentStatus[] = [E.destroying, E.destroyed];
