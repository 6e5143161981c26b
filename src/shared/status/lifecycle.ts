/**
 * The only place with status words. Two tables as data: what a status may become, how people and GitHub read it, and which word each
 * of the systems this product grew from uses for it. Everything else imports the constants and calls next().
 */
import { DEPLOYMENT, type DeploymentEvent } from './deployment.js';
import { ENVIRONMENT, type EnvironmentEvent } from './environment.js';
import { D, E, type DeploymentStatus, type EnvironmentStatus } from './words.js';

/** The status after an event, or undefined when the table forbids it: the caller reloads and decides again. */
export function nextEnvironment(
  status: EnvironmentStatus,
  event: EnvironmentEvent,
): EnvironmentStatus | undefined {
  return ENVIRONMENT[status].on[event];
}

export function nextDeployment(
  status: DeploymentStatus,
  event: DeploymentEvent,
): DeploymentStatus | undefined {
  return DEPLOYMENT[status].on[event];
}

/** Statuses in which nothing happens by itself any more; lists of the live ones are derived, never spelled again. */
export const UNSETTLED_DEPLOYMENTS = Object.values(D).filter((status) => !DEPLOYMENT[status].settled);
export const GONE_ENVIRONMENTS: readonly EnvironmentStatus[] = [E.destroying, E.destroyed];
