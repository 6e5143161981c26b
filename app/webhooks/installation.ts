import { z } from 'zod';
import type { DeliveryDecision, Ports } from '../../src/ports.js';
import { loseInstallation } from '../../src/usecases/lose-installation.js';
import { loseRepositories } from '../../src/usecases/lose-repositories.js';
import { observeRepository } from '../../src/usecases/observe-repository.js';

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
type Payload = z.infer<typeof Payload>;

const ENDS = { deleted: 'uninstalled', suspend: 'suspended' } as const;

/** `installation` and `installation_repositories`: which repositories the App may see. */
export async function onInstallation(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  const event = Payload.parse(payload);
  const { action, installation } = event;
  if (action === 'deleted' || action === 'suspend') {
    const suspendedAt = installation.suspended_at ?? null;
    return loseInstallation(ports, { installationId: installation.id, suspendedAt, kind: ENDS[action] });
  }
  const added = event.repositories ?? event.repositories_added ?? [];
  for (const repo of added) await enter(ports, { event, repo });
  const repoIds = (event.repositories_removed ?? []).map(({ id }) => id);
  const removed = await loseRepositories(ports, { installationId: installation.id, repoIds });
  const detail = `${added.length} repositories added, ${removed} removed.`;
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}

/** These events do not tell the default branch; the first pull request does. */
async function enter(
  ports: Ports,
  { event, repo }: { event: Payload; repo: z.infer<typeof Listed>[number] },
): Promise<void> {
  const known = await ports.repos.get(repo.id);
  const entered = await ports.repos.enter({
    id: repo.id,
    ownerId: event.installation.account?.id ?? known?.ownerId ?? 0,
    fullName: repo.full_name,
    defaultBranch: known?.defaultBranch ?? null,
    installationId: event.installation.id,
    private: repo.private,
  });
  // It came from another account: its previews go on, in the name of the new one.
  if (known && known.installationId !== entered.installationId) await observeRepository(ports, entered);
}
