import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import {
  addRepository,
  removeInstallation,
  removeRepositories,
  restoreRepositories,
} from '../../src/repositories/installation.js';
import { declareEvent, type HandlerPorts, sourceOf } from './declare-event.js';
import { Action, Id, KEEP_LISTED, ListedRepositories } from './payload.js';

const ENDS = { deleted: 'uninstalled', suspend: 'suspended' } as const;

/** The App was installed, uninstalled, suspended or resumed. */
export const installation = declareEvent({
  name: 'installation',
  shape: z.object({
    action: Action,
    installation: z.object({
      id: Id,
      account: z.object({ id: Id }),
      suspended_at: z.coerce.date().nullish().catch(null),
    }),
    repositories: ListedRepositories.nullish(),
  }),
  keep: { repositories: KEEP_LISTED },
  async handle(
    ports,
    { action, installation: { id, account, suspended_at: suspendedAt }, repositories },
    handled,
  ) {
    await ports.connections.forgetReach({ installationId: id });
    if (action === 'deleted' || action === 'suspend') {
      const lost = {
        installationId: id,
        suspendedAt: suspendedAt ?? null,
        kind: ENDS[action],
        source: sourceOf(handled),
      };
      const decision = await removeInstallation(ports, lost);
      ports.installationTokens.forgetInstallation(id);
      return decision;
    }
    const listed = repositories ?? [];
    await addRepositories(ports, { listed, installationId: id, ownerId: account.id });
    // GitHub does not list the repositories of an installation that was resumed.
    const restored = action === 'unsuspend' ? await restoreRepositories(ports, id) : 0;
    return changed(listed.length + restored, 0);
  },
});

/** The owner of an installation added repositories to it, or took some away. */
export const installationRepositories = declareEvent({
  name: 'installation_repositories',
  shape: z.object({
    action: Action,
    installation: z.object({ id: Id, account: z.object({ id: Id }).nullish() }),
    repositories_added: ListedRepositories,
    repositories_removed: ListedRepositories,
  }),
  keep: { repositories_added: KEEP_LISTED, repositories_removed: KEEP_LISTED },
  async handle(ports, payload, handled) {
    const { id: installationId, account } = payload.installation;
    await ports.connections.forgetReach({ installationId });
    const listed = payload.repositories_added;
    await addRepositories(ports, { listed, installationId, ownerId: account?.id });
    const repoIds = payload.repositories_removed.map(({ id }) => id);
    const source = sourceOf(handled);
    return changed(listed.length, await removeRepositories(ports, { installationId, repoIds, source }));
  },
});

interface Added {
  readonly listed: z.infer<typeof ListedRepositories>;
  readonly installationId: number;
  readonly ownerId: number | undefined;
}

async function addRepositories(ports: HandlerPorts, { listed, installationId, ownerId }: Added) {
  for (const { id, full_name: fullName, private: isPrivate } of listed) {
    await addRepository(ports, { id, fullName, private: isPrivate, installationId, ownerId });
  }
}

function changed(added: number, removed: number): DeliveryDecision {
  const detail = `${added} repositories added, ${removed} removed.`;
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}
