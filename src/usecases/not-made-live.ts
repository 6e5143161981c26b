import { isActive } from '../domain/environment.js';
import { overtakenBy } from '../domain/overtaken.js';
import { whyGone } from '../domain/why-gone.js';
import type { StoredDeployment } from '../ports/deployments.js';
import type { StoredEnvironment } from '../ports/environments.js';
import { VitrineError } from '../shared/errors.js';

/** The fence fell while a deployment was on its way: the run is told why its work was in vain. */
export function notMadeLive(environment: StoredEnvironment, deployment: StoredDeployment): VitrineError {
  const reason = isActive(environment) ? overtakenBy(environment, deployment) : whyGone(environment);
  return new VitrineError('stale_head', `${reason} This deployment was not made live.`);
}
