import type { DeliveryDecision } from '../deliveries/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { RepositoryPorts } from '../projects/project.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { GitHubPorts } from './github.js';
import { removeRepository } from './update.js';

type Ports = EnvironmentPorts & RepositoryPorts & GitHubPorts & AuditPorts & Pick<Tools, 'clock'>;

export interface LostInstallation {
  readonly installationId: number;
  /** When it was suspended; null when the App was uninstalled: an installation never comes back under its id. */
  readonly suspendedAt: Date | null;
  readonly kind: 'suspended' | 'uninstalled';
}

/** GitHub's answers lag behind its events by seconds; a suspension older than this that GitHub does not know of has ended. */
const LAG_MS = 60_000;

/** The App may see nothing there any more: every preview of it goes. */
export async function loseInstallation(ports: Ports, lost: LostInstallation): Promise<DeliveryDecision> {
  const { installationId, kind } = lost;
  if (kind === 'suspended' && (await ports.github.isAwake(installationId))) return notSuspended(ports, lost);
  const why = `The App was ${kind}.`;
  const repos = await ports.repos.ofInstallation(installationId);
  for (const { id } of repos) await removeRepository(ports, { repoId: id, why });
  const detail = `${why} ${String(repos.length)} repositories left.`;
  return { action: 'update', rule: 'installation', detail, environmentIds: [] };
}

function notSuspended({ clock }: Ports, { suspendedAt }: LostInstallation): DeliveryDecision {
  const detail = 'GitHub says that the App is not suspended there: nothing was taken down.';
  const age = suspendedAt && clock.now().getTime() - suspendedAt.getTime();
  // Too fresh to tell a late event from a late answer: it is asked again later.
  if (age === null || age < LAG_MS) throw new VitrineError('unavailable', detail);
  return {
    action: 'ignore',
    rule: 'stale-event',
    detail: `${detail} This event came late.`,
    environmentIds: [],
  };
}
