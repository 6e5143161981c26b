import { changeEnvironment } from '../environments/change.js';
import { destroyEnvironment } from '../environments/destroy.js';
import { listedEnvironments } from '../environments/list.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { ProjectPatch, ProjectPorts, StoredProject } from '../projects/project.js';
import { type KeptProjectSettings, patchSettings } from '../projects/settings.js';
import { RULES } from '../pull-requests/decide/rules.js';
import type { SettingsText } from '../settings/read.js';
import { parseSettings } from '../settings/settings.js';
import { VitrineError } from '../shared/errors.js';
import { slug } from '../shared/slug.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { askAbout } from './ask.js';
import { type GitHubPorts, isGitHubFailure } from './github.js';
import { isReachable, type Repo, type RepositoryPorts } from './model.js';
import { refreshAccess } from './preview-access.js';

type Ports = ProjectPorts &
  RepositoryPorts &
  EnvironmentPorts &
  AuditPorts &
  GitHubPorts &
  Pick<TargetPorts, 'targets' | 'targetsOff'> &
  Pick<Tools, 'clock'>;

interface Change {
  readonly name?: string | undefined;
  readonly active?: boolean | undefined;
  /** A merge patch: null takes a value away. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

interface Addition extends Change {
  readonly repoId: number;
  readonly name: string;
  /** Who asks, for the audit log. */
  readonly actor: string;
}

/** Adds a project to a repository. It is there whether or not the settings file names it. */
export async function addProject(ports: Ports, addition: Addition): Promise<StoredProject> {
  const { repoId, name, active = true, actor } = addition;
  const repo = await reachable(ports, repoId);
  const settings = checkedSettings(ports, { stored: {}, patch: addition.settings ?? {} });
  const fallbackSlug = slug(`${name} of repository ${repoId}`);
  const fresh = { repoId, name, active, settings, isAdded: true, slug: slug(name), fallbackSlug };
  const made = await ports.projects.create(fresh);
  if (!made) throw await taken(ports, { repoId, name });
  await ports.audit.record({
    actor,
    action: 'add-project',
    subject: made.slug,
    detail: `Project ${name} was added to ${repo.fullName}.`,
  });
  return made;
}

async function reachable({ repos }: Ports, repoId: number): Promise<Repo> {
  const repo = await repos.get(repoId);
  if (repo && isReachable(repo)) return repo;
  throw new VitrineError('not_found', 'There is no such repository: install the App there first.');
}

async function taken(
  { projects }: Ports,
  { repoId, name }: { repoId: number; name: string },
): Promise<VitrineError> {
  const known = (await projects.ofRepo(repoId)).find((project) => project.name === name);
  return new VitrineError(
    'conflict',
    known?.deletingAt
      ? `A project "${name}" of this repository is being deleted: choose another name, or try again when it is gone.`
      : `This repository already has a project "${name}": choose another name, or change the settings of that one.`,
  );
}

interface Update extends Change {
  readonly id: string;
  /** The version that the caller has seen; absent = any. */
  readonly version?: number | undefined;
  readonly actor: string;
}

const TRIES = 20;

/** Changes a project. A request with a mistake changes nothing. */
export async function changeProject(ports: Ports, update: Update): Promise<StoredProject> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const seen = await ports.projects.get(update.id);
    if (!seen) throw new VitrineError('not_found', 'There is no such project.');
    const patch = await patchOf(ports, { seen, update });
    if (Object.keys(patch).length === 0) return seen;
    const changed = await ports.projects.change(seen, patch);
    if (!changed) continue;
    if (patch.name !== undefined) await renameEnvironments(ports, changed);
    if (seen.settings['access'] !== changed.settings['access'])
      await refreshAccess(ports, { repoId: changed.repoId, projectId: changed.id });
    await ports.audit.record({
      actor: update.actor,
      action: 'change-project',
      subject: changed.slug,
      detail: `Changed: ${changedFields({ before: seen, patch }).join(', ')}.`,
    });
    return changed;
  }
  throw new VitrineError('unavailable', 'The project changes faster than it can be saved: try again.');
}

async function patchOf(
  ports: Ports,
  { seen, update }: { seen: StoredProject; update: Update },
): Promise<ProjectPatch> {
  const { version, name, active, settings } = update;
  if (seen.deletingAt) throw new VitrineError('conflict', 'This project is being deleted.');
  if (version !== undefined && version !== seen.version)
    throw new VitrineError(
      'conflict',
      `The project was changed meanwhile: it has version ${seen.version} now, not ${version}. Read it again, and apply your change to that.`,
    );
  const renamed = name !== undefined && name !== seen.name;
  if (renamed) await refuseInFile(ports, { project: seen, remedy: 'rename it there' });
  return {
    ...(renamed && { name }),
    ...(active !== undefined && active !== seen.active && { active }),
    ...(settings && { settings: checkedSettings(ports, { stored: seen.settings, patch: settings }) }),
  };
}

/** Names of fields only: a value may be long. */
function changedFields({ before, patch }: { before: StoredProject; patch: ProjectPatch }): string[] {
  const { settings, ...fields } = patch;
  const keys = settings ? [...new Set([...Object.keys(before.settings), ...Object.keys(settings)])] : [];
  const changed = keys.filter(
    (key) => JSON.stringify(before.settings[key]) !== JSON.stringify(settings?.[key]),
  );
  return [...Object.keys(fields), ...changed.map((key) => `settings.${key}`)];
}

interface SettingsChange {
  readonly stored: KeptProjectSettings;
  readonly patch: Readonly<Record<string, unknown>>;
}

/** The target checks its own options. */
function checkedSettings(ports: Ports, { stored, patch }: SettingsChange): KeptProjectSettings {
  const settings = patchSettings(stored, patch);
  if (patch['target'] !== undefined && patch['target'] !== null) checkTarget(ports, settings['target']);
  return settings;
}

function checkTarget({ targets, targetsOff }: Ports, given: unknown): void {
  const { name, options = {} } =
    typeof given === 'string' ? { name: given } : (given as { name: string; options?: unknown });
  const target = targets.get(name);
  if (!target) {
    const why = targetsOff.get(name) ?? `this server has ${[...targets.keys()].join(', ')}`;
    throw new VitrineError('bad_request', `settings.target: there is no target "${name}": ${why}.`);
  }
  const { error } = target.options.safeParse(options);
  const [issue] = error?.issues ?? [];
  if (!issue) return;
  const at = ['settings.target.options', ...issue.path.map(String)].join('.');
  throw new VitrineError('bad_request', `${at}: ${issue.message}.`);
}

/** An environment that a crash leaves with the old name gets the new one with its next event. */
async function renameEnvironments(ports: Ports, { id: projectId, name }: StoredProject): Promise<void> {
  for await (const { id } of listedEnvironments(ports, { projectId })) {
    await changeEnvironment(ports, {
      id,
      plan: (seen) => (seen.project === name ? null : { patch: { project: name }, due: ['report'] }),
    });
  }
}

interface Deletion {
  readonly id: string;
  readonly actor: string;
}

/**
 * Begins to delete a project: its environments are removed by the normal way. What belongs to it goes once their targets say that
 * nothing is left; `continueDeletions` does that, also after a crash.
 */
export async function deleteProject(ports: Ports, { id, actor }: Deletion): Promise<StoredProject> {
  const seen = await ports.projects.get(id);
  if (!seen) throw new VitrineError('not_found', 'There is no such project.');
  if (seen.deletingAt) return seen;
  await refuseInFile(ports, { project: seen, remedy: 'remove it there, or switch the project off' });
  // Otherwise the next pull request would bring it back.
  if (seen.isDefault) await ports.repos.setWithoutDefault(seen.repoId, true);
  const marked = await markDeleting(ports, seen);
  const detail = `Project ${seen.name} was deleted.`;
  await ports.audit.record({ actor, action: 'delete-project', subject: seen.slug, detail });
  await destroyAllOfProject(ports, { project: marked, actor });
  return marked;
}

export async function markDeleting(
  ports: Pick<Ports, 'projects' | 'clock'>,
  first: StoredProject,
): Promise<StoredProject> {
  let seen: StoredProject | null = first;
  for (let attempt = 0; seen && attempt < TRIES; attempt += 1) {
    if (seen.deletingAt) return seen;
    const marked: StoredProject | null = await ports.projects.change(seen, { deletingAt: ports.clock.now() });
    if (marked) return marked;
    seen = await ports.projects.get(first.id);
  }
  throw new VitrineError('unavailable', 'The project changes faster than it can be deleted: try again.');
}

export async function destroyAllOfProject(
  ports: Pick<Ports, 'environments' | 'audit'>,
  { project, actor }: { project: StoredProject; actor: string },
): Promise<void> {
  const { detail } = RULES['project-deleted'];
  for await (const { id } of listedEnvironments(ports, { projectId: project.id, activeOnly: true })) {
    await destroyEnvironment(ports, { environmentId: id, actor, rule: 'project-deleted', detail });
  }
}

/** The file decides which of its projects there are: the next pull request would bring it back. */
async function refuseInFile(
  ports: Ports,
  { project, remedy }: { project: StoredProject; remedy: string },
): Promise<void> {
  const repo = await ports.repos.get(project.repoId);
  const file = repo && (await policyFile(ports, repo)).file;
  const { settings } = parseSettings({ base: file ?? undefined });
  if (!settings.projects.some(({ name }) => name === project.name)) return;
  throw new VitrineError(
    'conflict',
    `.github/preview.yml of the default branch names the project "${project.name}": ${remedy}.`,
  );
}

interface PolicyFile {
  /** Null when the default branch has none, or GitHub does not show it. */
  readonly file: SettingsText | null;
  /** The commit that it is of; null when GitHub was not asked for a certain one. */
  readonly commit: string | null;
}

/** The settings file of the default branch, as it is known. GitHub is asked when it is not; what it refuses is not known. */
export async function policyFile(
  ports: RepositoryPorts & GitHubPorts & Pick<Tools, 'clock'>,
  repo: Repo,
): Promise<PolicyFile> {
  const kept = repo.kept?.policy;
  const known = { file: kept?.file ?? null, commit: kept?.sha ?? null };
  if (!isReachable(repo) || (kept && !kept.stale)) return known;
  try {
    const { policy: file } = await askAbout(ports, { repo, logins: [] });
    return { file, commit: null };
  } catch (error) {
    if (isGitHubFailure(error)) return known;
    throw error;
  }
}
