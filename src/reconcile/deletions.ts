import type { PreviewAccessPorts } from '../access/store.js';
import type { LogPorts } from '../deployments/logs/store.js';
import type { StatisticsPorts } from '../deployments/statistics.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { listedEnvironments } from '../environments/list.js';
import { type Environment, isActive } from '../environments/model.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { MemberPorts } from '../people/member.js';
import { deleteConfiguration } from '../secrets/write.js';
import type { SecretPorts } from '../secrets/store.js';
import type { VariablePorts } from '../variables/store.js';
import type { ChannelPorts } from '../notifications/channel.js';
import type { NotificationPorts } from '../notifications/notification.js';
import type { InvitationPorts } from '../people/invitation.js';
import { isKept, type ProjectPorts, type StoredProject } from '../projects/project.js';
import type { Repo, RepositoryPorts } from '../repositories/model.js';
import { destroyAllOfProject, markDeleting } from '../repositories/projects.js';
import { ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { countEndings } from './endings.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = ProjectPorts &
  RepositoryPorts &
  EnvironmentPorts &
  DeploymentPorts &
  LogPorts &
  MemberPorts &
  AuditPorts &
  VariablePorts &
  Pick<SecretPorts, 'secrets'> &
  ChannelPorts &
  NotificationPorts &
  InvitationPorts &
  PreviewAccessPorts &
  StatisticsPorts &
  Pick<Tools, 'clock' | 'log'>;

/** So many projects, and so many repositories, are looked at in one pass. */
const MOST = 200;

/**
 * Continues what was begun: the deletion of projects, and of all that is stored for repositories that the App lost. Every step can be
 * repeated, and the mark of the deletion goes last, so a crash at any point only delays it. Returns how many projects and repositories
 * are gone.
 */
export async function continueDeletions(ports: Ports): Promise<number> {
  const repos = await ports.repos.toDelete(ports.clock.now(), MOST);
  const marked = (repo: Repo) => markProjects(ports, repo);
  await forEachIsolated(ports, { items: repos, fields: { part: 'lost repositories' }, work: marked });
  const projects = await ports.projects.deleting(MOST);
  const deleted = await forEachIsolated(ports, {
    items: projects,
    fields: { part: 'deleted projects' },
    work: (project) => deleteWhenGone(ports, project),
  });
  const left = await forEachIsolated(ports, {
    items: repos,
    fields: { part: 'lost repositories' },
    work: (repo) => deleteRepository(ports, repo),
  });
  return deleted + left;
}

async function markProjects(ports: Ports, { id }: Repo): Promise<number> {
  // The App may have got it back a moment ago.
  if (!(await ports.repos.get(id))?.deleteAfter) return 0;
  const kept = (await ports.projects.ofRepo(id)).filter(isKept);
  for (const project of kept) await markDeleting(ports, project);
  return kept.length;
}

/** Its environments first: what a target still holds must stay known until the target says that it is gone. */
async function deleteWhenGone(ports: Ports, project: StoredProject): Promise<number> {
  await destroyAllOfProject(ports, { project, actor: 'vitrine' });
  const gone: Environment[] = [];
  for await (const environment of listedEnvironments(ports, { projectId: project.id })) {
    if (!isOver(environment)) return 0;
    gone.push(environment);
  }
  for (const { id } of gone) await deleteLogs(ports, id);
  await deleteOwned(ports, project.id);
  await ports.environments.deleteOfProject(project.id);
  await ports.projects.delete(project.id);
  const detail = `Everything that belonged to project ${project.name} is gone.`;
  await ports.audit.record({ actor: 'vitrine', action: 'project-gone', subject: project.slug, detail });
  return 1;
}

/** A report that fails this often is given up: the App may not write there any more. */
const REPORT_TRIES = 5;

/** Nothing is left of it, and GitHub was told. */
function isOver({ status, installationId, due: { report } }: Environment): boolean {
  if (isActive({ status }) || status === ENVIRONMENT_STATUS.destroying) return false;
  return report.at === null || installationId === null || report.attempts >= REPORT_TRIES;
}

const PAGE = 100;

async function deleteLogs({ deployments, logs, runtimeLogs }: Ports, environmentId: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await deployments.listOf(environmentId, { limit: PAGE, ...(cursor ? { cursor } : {}) });
    const ids = page.items.map(({ id }) => id);
    if (ids.length > 0) await Promise.all([logs.deleteOf(ids), runtimeLogs.deleteOf(ids)]);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}

/** What else belongs to a project, one line a noun. Deployments are hidden and stay: the statistics of the server count them. */
async function deleteOwned(ports: Ports, projectId: string): Promise<void> {
  await ports.deployments.markDeleted(projectId);
  await ports.members.removeProject(projectId);
  await ports.previewPasswords.remove(projectId);
  await deleteConfiguration(ports, { projectId });
  // An ending that is counted later would bring the statistics of the project back.
  await countEndings(ports);
  for (const part of ['channels', 'notifications', 'invitations', 'statistics', 'previewLinks'] as const)
    await ports[part].deleteOfProject(projectId);
}

async function deleteRepository(ports: Ports, { id }: Repo): Promise<number> {
  if ((await ports.projects.ofRepo(id)).length > 0) return 0;
  await ports.repos.delete(id);
  return 1;
}
