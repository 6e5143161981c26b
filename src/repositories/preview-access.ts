import type { AccessRule } from '../access/grant.js';
import type { PreviewAccessPorts } from '../access/store.js';
import { type Change, changeEnvironment } from '../environments/change.js';
import { listedEnvironments } from '../environments/list.js';
import type { Environment } from '../environments/model.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { Project, ProjectPorts } from '../projects/project.js';
import { beneathFile } from '../projects/settings.js';
import { parseSettings } from '../settings/settings.js';
import { type AccessMode, stricterAccess } from '../shared/preview-access.js';
import type { KeptPolicy, RepositoryPorts } from './model.js';

interface Known {
  readonly environment: Pick<Environment, 'settings' | 'head'>;
  readonly project: Pick<Project, 'name' | 'settings'> | null;
  /** The settings file of the default branch, as it is known; undefined when it was never read. */
  readonly policy: KeptPolicy | undefined;
}

/**
 * Who may open a preview now: what the default branch and the settings of the project say, or what the pull request asks for where that
 * is stricter. A file that cannot be read keeps what was in force, as it does for decisions.
 */
export function accessModeOf({ environment, project, policy }: Known): AccessMode {
  return stricterAccess(baseAccess({ environment, project, policy }), environment.head?.access ?? 'public');
}

/** Without what the pull request asks for. */
function baseAccess({ environment: { settings }, project, policy }: Known): AccessMode {
  const before = settings?.access ?? 'public';
  if (!project) return before;
  const kept = beneathFile(project);
  if (!policy) return stricterAccess(before, (kept.values['access'] as AccessMode | undefined) ?? 'public');
  const read = parseSettings({ base: policy.file ?? undefined, added: [project.name], kept });
  return read.problems.some(({ level }) => level === 'error') ? before : read.settings.access;
}

type Ports = Pick<RepositoryPorts, 'repos'> & Pick<ProjectPorts, 'projects'>;

/** From the documents as they are now, so that a change of the settings counts with the next visitor. */
export async function readAccessMode(ports: Ports, environment: Environment): Promise<AccessMode> {
  const [repo, project] = await Promise.all([
    ports.repos.get(environment.repoId),
    ports.projects.get(environment.projectId),
  ]);
  return accessModeOf({ environment, project, policy: repo?.kept?.policy });
}

/** What visitors of a preview must show; null for a public one. */
export async function accessRuleOf(
  ports: Ports & Pick<PreviewAccessPorts, 'previewPasswords'>,
  environment: Environment,
): Promise<AccessRule | null> {
  const mode = await readAccessMode(ports, environment);
  if (mode === 'public') return null;
  const { id: environmentId, slug, projectId, repoId } = environment;
  const password = mode === 'password' ? await ports.previewPasswords.get(projectId) : null;
  return { mode, environmentId, slug, projectId, repoId, passwordVersion: password?.version ?? null };
}

/**
 * Brings environments up to date with a changed access, so that GitHub and the API say it. Visitors do not depend on it. What a crash
 * leaves out, the next event of the pull request brings up to date.
 */
export async function refreshAccess(
  ports: Ports & EnvironmentPorts,
  { repoId, projectId }: { readonly repoId: number; readonly projectId?: string },
): Promise<void> {
  const policy = (await ports.repos.get(repoId))?.kept?.policy;
  const projects = new Map((await ports.projects.ofRepo(repoId)).map((project) => [project.id, project]));
  const filter = { repoId, ...(projectId !== undefined && { projectId }) };
  for await (const listed of listedEnvironments(ports, { ...filter, activeOnly: true })) {
    const project = projects.get(listed.projectId) ?? null;
    if (patchOf(listed, { project, policy }) === null) continue;
    await changeEnvironment(ports, { id: listed.id, plan: (seen) => patchOf(seen, { project, policy }) });
  }
}

function patchOf(environment: Environment, known: Pick<Known, 'project' | 'policy'>): Change | null {
  const { settings } = environment;
  const access = accessModeOf({ environment, ...known });
  return settings === null || settings.access === access
    ? null
    : { patch: { settings: { ...settings, access } }, due: ['report'] };
}
