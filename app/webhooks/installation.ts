import { z } from 'zod';
import type { DeliveryDecision, Ports } from '../../src/ports.js';
import { observeRepository, removeRepository } from '../../src/usecases/observe-repository.js';

const Listed = z.array(z.object({ id: z.int().positive(), full_name: z.string(), private: z.boolean() }));
const Payload = z.object({
  action: z.string(),
  installation: z.object({ id: z.int().positive(), account: z.object({ id: z.int().positive() }).nullish() }),
  repositories: Listed.nullish(),
  repositories_added: Listed.nullish(),
  repositories_removed: Listed.nullish(),
});
type Payload = z.infer<typeof Payload>;

/** `installation` and `installation_repositories`: which repositories the App may see. */
export async function onInstallation(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  const event = Payload.parse(payload);
  if (event.action === 'deleted' || event.action === 'suspend') return leave(ports, event);
  const added = event.repositories ?? event.repositories_added ?? [];
  for (const repo of added) await enter(ports, { event, repo });
  const removed = await removeOwn(ports, event);
  return decision(`${added.length} repositories added, ${removed} removed.`);
}

/** Whoever gave a repository away says so late, when the new owner has long brought it in: only its own may an installation take away. */
async function removeOwn(
  ports: Ports,
  { installation, repositories_removed: removed }: Payload,
): Promise<number> {
  let count = 0;
  for (const { id } of removed ?? []) {
    const known = await ports.repos.get(id);
    if (known?.installationId !== installation.id) continue;
    await removeRepository(ports, { repoId: id, why: 'The App was removed from the repository.' });
    count += 1;
  }
  return count;
}

async function leave(ports: Ports, { action, installation }: Payload): Promise<DeliveryDecision> {
  const why = action === 'suspend' ? 'The App was suspended.' : 'The App was uninstalled.';
  const repos = await ports.repos.ofInstallation(installation.id);
  for (const { id } of repos) await removeRepository(ports, { repoId: id, why });
  return decision(`${why} ${repos.length} repositories left.`);
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
    defaultBranch: known?.defaultBranch ?? 'main',
    installationId: event.installation.id,
    private: repo.private,
  });
  // It came from another account: its previews go on, in the name of the new one.
  if (known && known.installationId !== entered.installationId) await observeRepository(ports, entered);
}

function decision(detail: string): DeliveryDecision {
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}
