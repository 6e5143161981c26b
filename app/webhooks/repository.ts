import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { observeRepository, removeRepository } from '../../src/repositories/update.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Ports } from '../ports.js';
import { actionOf, originFromPayload, repoOf, uninstalled } from './payload.js';

/** After these it may have another name, owner, default branch or public. */
const CHANGES: readonly string[] = [
  'created',
  'edited',
  'renamed',
  'transferred',
  'privatized',
  'publicized',
  'archived',
  'unarchived',
];

export async function onRepository(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  const repo = repoOf(originFromPayload(payload));
  if (!repo) return uninstalled;
  const action = actionOf(payload);
  if (action === 'deleted') return whenDeleted(ports, { repoId: repo.id, fullName: repo.fullName });
  if (CHANGES.includes(action)) return observeRepository(ports, repo);
  return {
    action: 'ignore',
    rule: 'action-not-used',
    detail: 'This changes nothing for previews.',
    environmentIds: [],
  };
}

/** The event's name is not signed, so that another `deleted` could be taken for this one: GitHub itself must not know it any more. */
async function whenDeleted(
  ports: Ports,
  { repoId, fullName }: { repoId: number; fullName: string },
): Promise<DeliveryDecision> {
  const found = await ports.github.repository(fullName);
  if (found?.repo.repoId === repoId) {
    // Its answers lag behind its events, so that this is no proof either: it is asked again later.
    throw new VitrineError(
      'unavailable',
      `GitHub still has ${fullName}, which this event says was deleted: nothing was taken down.`,
    );
  }
  return removeRepository(ports, { repoId, why: 'The repository was deleted.' });
}
