import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import type { Tools } from '../shared/tools.js';
import { changeDeployment } from './change.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';

type Ports = EnvironmentPorts & DeploymentPorts & AuditPorts & Pick<Tools, 'clock'>;

/** Takes an ended deployment out of the lists. It still counts in the statistics. Safe to repeat. */
export async function removeDeployment(
  ports: Ports,
  { id, actor }: { readonly id: string; readonly actor: string },
): Promise<StoredDeployment> {
  const known = await ports.deployments.get(id);
  if (!known) throw new VitrineError('not_found', 'There is no such deployment.');
  if (known.deletedAt !== null) return known;
  if (!DEPLOYMENT[known.status].settled)
    throw new VitrineError('conflict', 'This deployment has not ended yet: delete it once it has.');
  if (await isShown(ports, known)) throw live();
  const at = ports.clock.now();
  const removed = await changeDeployment(ports, {
    id,
    plan: (seen) => (seen.deletedAt === null && DEPLOYMENT[seen.status].settled ? { deletedAt: at } : null),
  });
  // A rollback may have made it live in between.
  if (removed.deletedAt !== null && (await isShown(ports, removed))) {
    await changeDeployment(ports, { id, plan: () => ({ deletedAt: null }) });
    throw live();
  }
  const detail = `Deployment ${id} of commit ${known.sha.slice(0, 7)} was deleted.`;
  const environment = await ports.environments.get(known.environmentId);
  await ports.audit.record({
    actor,
    action: 'delete-deployment',
    subject: environment?.slug ?? id,
    detail,
  });
  return removed;
}

async function isShown(
  { environments }: EnvironmentPorts,
  { id, environmentId }: StoredDeployment,
): Promise<boolean> {
  return (await environments.get(environmentId))?.current?.deploymentId === id;
}

function live(): VitrineError {
  return new VitrineError(
    'conflict',
    'This deployment is live: deploy another one, or destroy the preview, before you delete it.',
  );
}
