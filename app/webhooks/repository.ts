import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { observeRepository, removeRepository, soon } from '../../src/repositories/update.js';
import { VitrineError } from '../../src/shared/errors.js';
import { declareEvent, type Handled, type HandlerPorts, sourceOf } from './declare-event.js';
import { Action, ignored, onlyAbout, ORIGIN, repoOf, UNINSTALLED } from './payload.js';

/** The actions that may change a repository's name, owner, default branch or visibility. */
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

export const repository = declareEvent({
  name: 'repository',
  shape: onlyAbout(null, { ...ORIGIN, action: Action }),
  keep: { changes: true },
  async handle(ports, { action, ...origin }, handled) {
    const repo = repoOf(origin);
    if (!repo) return UNINSTALLED;
    if (action === 'deleted')
      return whenDeleted(ports, { repoId: repo.id, fullName: repo.fullName, handled });
    if (CHANGES.includes(action)) {
      // Another default branch has another policy; another owner or visibility lets other people in.
      await ports.repos.doubtPolicy(repo.id);
      await ports.repos.forgetPermissions({ id: repo.id });
      await ports.connections.forgetReach({ installationId: repo.installationId });
      return observeRepository(ports, repo);
    }
    return ignored('action-not-used', 'This changes nothing for previews.');
  },
});

/**
 * The event's name is not signed, so the `deleted` of another event could be sent as this one. The previews are removed only if GitHub
 * does not know the repository any more.
 */
async function whenDeleted(
  ports: HandlerPorts,
  { repoId, fullName, handled }: { repoId: number; fullName: string; handled: Handled | undefined },
): Promise<DeliveryDecision> {
  const found = await ports.github.repository(fullName);
  if (found?.repo.repoId === repoId) {
    // GitHub's API lags behind its events, so this answer is no proof either: the event is tried again later.
    throw new VitrineError(
      'unavailable',
      `GitHub still has ${fullName}, which this event says was deleted: nothing was taken down.`,
    );
  }
  return removeRepository(ports, {
    repoId,
    why: 'The repository was deleted.',
    source: sourceOf(handled),
    deleteAfter: soon(ports),
  });
}
