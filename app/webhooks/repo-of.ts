import type { DeliveryDecision } from '../../src/deliveries/store.js';
import type { Observation } from '../../src/observations/inputs.js';
import type { PayloadOrigin } from './payload.js';

/** The repository of an event, or null when the event came from a hook of the repository itself: the App may do nothing there. */
export function repoOf(origin: PayloadOrigin): Observation['repo'] | null {
  const { repoId, ownerId, fullName, defaultBranch, installationId } = origin;
  if (installationId === null) return null;
  return { id: repoId, ownerId, fullName, defaultBranch, installationId, private: origin.private };
}

export const uninstalled: DeliveryDecision = {
  action: 'ignore',
  rule: 'not-installed',
  detail: 'The event does not belong to an installation of the App.',
  environmentIds: [],
};
