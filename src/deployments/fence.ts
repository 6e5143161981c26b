import { isActive } from '../environments/model.js';
import { overtakenBy } from '../environments/reasons.js';
import type { StoredEnvironment } from '../environments/store.js';
import { whyGone } from '../environments/why-gone.js';
import { VitrineError } from '../shared/errors.js';
import type { StoredDeployment } from './store.js';

/** The fence fell while a deployment was on its way: the run is told why its work was in vain. */
export function notMadeLive(environment: StoredEnvironment, deployment: StoredDeployment): VitrineError {
  const reason = isActive(environment) ? overtakenBy(environment, deployment) : whyGone(environment);
  return new VitrineError('stale_head', `${reason} This deployment was not made live.`);
}
