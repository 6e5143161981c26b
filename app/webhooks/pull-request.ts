import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { observePullRequest } from '../../src/observations/observe.js';
import type { Ports } from '../ports.js';
import { factsFromPayload, repoOf, uninstalled } from './payload.js';

export async function onPullRequest(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  const { action, origin, facts, label } = factsFromPayload(payload);
  const repo = repoOf(origin);
  if (!repo) return uninstalled;
  return observePullRequest(ports, {
    action,
    repo,
    facts,
    sender: origin.sender,
    ...(label ? { label } : {}),
  });
}
