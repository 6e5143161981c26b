import { PROJECTS } from '../../../../src/contract/dashboard/projects.js';
import { hasRole, type Role } from '../../../../src/people/policies.js';
import type { StoredProject } from '../../../../src/projects/project.js';
import { found } from '../../../api/handler.js';
import type { Ports } from '../../../ports.js';
import type { Asking } from '../call.js';
import { roleIn } from '../role.js';

/** What stands above every tab of a project. */
export interface HeadModel {
  readonly id: string;
  readonly href: string;
  readonly name: string;
  readonly repository: string;
  readonly isActive: boolean;
  /** Empty while it is not being deleted. */
  readonly deletingAt: string;
  readonly tabs: readonly { readonly href: string; readonly label: string; readonly isHere: boolean }[];
  /** Whether the person may change the project: only then the tabs offer it. */
  readonly mayChange: boolean;
}

export type Tab =
  'overview' | 'settings' | 'access' | 'variables' | 'members' | 'notifications' | 'limits' | 'danger';

/** The tabs, and the role that each needs. */
const TABS: readonly (readonly [tab: Tab, label: string, least: Role])[] = [
  ['overview', 'Overview', 'read'],
  ['settings', 'Settings', 'read'],
  ['access', 'Access', 'read'],
  ['variables', 'Variables', 'read'],
  ['members', 'Members', 'read'],
  ['notifications', 'Notifications', 'write'],
  ['limits', 'Limits', 'read'],
  ['danger', 'Danger zone', 'admin'],
];

export interface ProjectPage {
  readonly project: StoredProject;
  readonly head: HeadModel;
  readonly role: Role | null;
}

/** The project, what stands above its tabs, and what the person may do there. */
export async function projectPage(
  ports: Ports,
  input: Asking,
  { id, tab }: { readonly id: string; readonly tab: Tab },
): Promise<ProjectPage> {
  const project = found(await ports.projects.get(id), 'project');
  const place = { repoId: project.repoId, projectId: id };
  const [role, repo] = await Promise.all([
    roleIn(ports, input.caller, place),
    ports.repos.get(project.repoId),
  ]);
  const href = addressOf(id);
  const head: HeadModel = {
    ...{ id, href, name: project.name, repository: repo?.fullName ?? '' },
    isActive: project.active,
    deletingAt: project.deletingAt?.toISOString() ?? '',
    tabs: TABS.filter(([, , least]) => role !== null && hasRole(role, least)).map(([name, label]) => ({
      label,
      href: addressOf(id, name),
      isHere: name === tab,
    })),
    mayChange: role === 'admin' && project.deletingAt === null,
  };
  return { project, head, role };
}

export function addressOf(id: string, tab: Tab = 'overview'): string {
  return tab === 'overview' ? `${PROJECTS}/${id}` : `${PROJECTS}/${id}/${tab}`;
}
