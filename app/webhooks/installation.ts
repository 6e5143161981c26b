import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import {
  addRepository,
  removeInstallation,
  removeRepositories,
  restoreRepositories,
} from '../../src/repositories/installation.js';
import type { Ports } from '../ports.js';

const Listed = z.array(z.object({ id: z.int().positive(), full_name: z.string(), private: z.boolean() }));
const Payload = z.object({
  action: z.string(),
  installation: z.object({
    id: z.int().positive(),
    account: z.object({ id: z.int().positive() }).nullish(),
    suspended_at: z.coerce.date().nullish().catch(null),
  }),
  repositories: Listed.nullish(),
  repositories_added: Listed.nullish(),
  repositories_removed: Listed.nullish(),
});

const ENDS = { deleted: 'uninstalled', suspend: 'suspended' } as const;

/** `installation` and `installation_repositories`: which repositories the App may see. */
export async function onInstallation(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  const event = Payload.parse(payload);
  const { action, installation } = event;
  if (action === 'deleted' || action === 'suspend') {
    const suspendedAt = installation.suspended_at ?? null;
    return removeInstallation(ports, { installationId: installation.id, suspendedAt, kind: ENDS[action] });
  }
  const added = event.repositories ?? event.repositories_added ?? [];
  for (const { id, full_name: fullName, private: hidden } of added) {
    const ownerId = installation.account?.id;
    const repo = { id, fullName, private: hidden, installationId: installation.id, ownerId };
    await addRepository(ports, repo);
  }
  // GitHub does not say which.
  const regained = action === 'unsuspend' ? await restoreRepositories(ports, installation.id) : 0;
  const repoIds = (event.repositories_removed ?? []).map(({ id }) => id);
  const removed = await removeRepositories(ports, { installationId: installation.id, repoIds });
  const detail = `${added.length + regained} repositories added, ${removed} removed.`;
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}
