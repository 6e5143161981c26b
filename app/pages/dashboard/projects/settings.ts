import type { projectPages } from '../../../../src/contract/dashboard/projects.js';
import type { Page } from '../../../../src/contract/operation.js';
import { effectiveFile } from '../../../../src/projects/effective-file.js';
import { effectiveSettings } from '../../../../src/projects/effective.js';
import { fieldOf, readTyped, sentenceFor } from '../../../../src/projects/form.js';
import type { StoredProject } from '../../../../src/projects/project.js';
import { type SettingProblem, tryPatch } from '../../../../src/projects/settings.js';
import { policyFile } from '../../../../src/repositories/projects.js';
import { projectName } from '../../../../src/settings/fields.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import { found, type Handlers } from '../../../api/handler.js';
import { projectHandlers } from '../../../api/projects.js';
import { isOurFault } from '../../../http/respond.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { leadTo } from '../forms.js';
import type { Shell } from '../shell.js';
import { addressOf, type HeadModel, projectPage } from './head.js';
import { type GroupModel, groupsOf } from './settings-model.js';

interface SettingsModel {
  readonly head: HeadModel;
  readonly name: string;
  readonly nameProblem: string;
  readonly version: string;
  readonly groups: readonly GroupModel[];
  /** What is wrong, and belongs to no field. */
  readonly problem: string;
  readonly wrong: number;
  /** The effective settings as a file. */
  readonly file: string;
  /** What would count: not saved. */
  readonly isPreview: boolean;
  readonly hasFile: boolean;
  readonly fileProblems: readonly { readonly line: number; readonly message: string }[];
}

/** What a form sent, and what came of it. */
interface Again {
  readonly typed: Readonly<Record<string, string | undefined>>;
  readonly settings: StoredProject['settings'];
  readonly problems: ReadonlyMap<string, string>;
  readonly problem?: string;
  readonly isPreview: boolean;
}

type Pages = Pick<Handlers<typeof projectPages>, 'showProjectSettings' | 'submitProjectSettings'>;

export function projectSettingsPage(shell: Shell): Pages {
  const render = shell.page<SettingsModel>('project-settings');
  const show = async (ports: Ports, input: Asking & Named, again: Again | null): Promise<Page> => {
    const { id } = input.params;
    const { head, project } = await projectPage(ports, input, { id, tab: 'settings' });
    const model = { head, ...(await modelOf(ports, project, again)) };
    const title = `Settings of ${head.name}`;
    return render(ports, input, { title, section: 'projects', at: addressOf(id, 'settings'), model });
  };
  return {
    showProjectSettings: (ports, input) => show(ports, input, null),
    async submitProjectSettings(ports, input) {
      const { id } = input.params;
      const { intent, csrf: _csrf, return_to: _back, ...typed } = input.body;
      const project = found(await ports.projects.get(id), 'project');
      const { problems, settings, patch } = check(project, typed);
      const again = { typed, settings, isPreview: intent === 'preview' };
      if (again.isPreview || problems.size > 0)
        return { status: 200, body: await show(ports, input, { ...again, problems }) };
      const body = { name: typed.name, version: Number(typed.version), settings: patch };
      try {
        await perform(projectHandlers.changeProject, { ports, input, params: { id }, body });
      } catch (error) {
        if (!isVitrineError(error) || isOurFault(error)) throw error;
        return { status: 200, body: await show(ports, input, { ...again, ...placed(error.message) }) };
      }
      const flash = {
        tone: 'good',
        message: 'The settings are saved. They count from the next deployment on.',
      } as const;
      return { status: 303, body: leadTo(ports, { location: addressOf(id, 'settings'), flash }) };
    },
  };
}

interface Named {
  readonly params: { readonly id: string };
}

/** What is wrong with what was typed, by field, and what the settings would be. */
function check(project: StoredProject, typed: Readonly<Record<string, string | undefined>>) {
  const { patch, problems: unreadable } = readTyped(typed, project.settings);
  const { settings, problems } = tryPatch(project.settings, patch);
  const name = projectName.safeParse(typed['name']);
  const found = new Map<string, string>();
  if (!name.success) found.set('name', `name ${name.error.issues[0]?.message ?? 'is not right'}`);
  for (const one of [...unreadable, ...problems]) addProblem(found, one);
  return { patch, problems: found, settings: found.size > 0 ? project.settings : settings };
}

function addProblem(into: Map<string, string>, { path, problem }: SettingProblem): void {
  const field = fieldOf(path);
  if (field && !into.has(field.path)) into.set(field.path, sentenceFor(field, problem));
}

/** The targets of the server check their own options: their answer names the setting. */
function placed(message: string): Pick<Again, 'problems' | 'problem'> {
  const [, path = '', problem = ''] = /^settings\.([\w.]+?):? (.*)$/s.exec(message) ?? [];
  const field = path === '' ? undefined : fieldOf(path);
  if (!field) return { problems: new Map(), problem: message };
  return { problems: new Map([[field.path, `${field.label}: ${problem}`]]) };
}

async function modelOf(
  ports: Ports,
  project: StoredProject,
  again: Again | null,
): Promise<Omit<SettingsModel, 'head'>> {
  const repo = found(await ports.repos.get(project.repoId), 'repository');
  const { file } = await policyFile(ports, repo);
  const { defaultBranch } = repo;
  const settings = again?.settings ?? project.settings;
  const counts = effectiveSettings({ project, file, defaultBranch });
  const preview = again
    ? effectiveSettings({ project: { ...project, settings }, file, defaultBranch })
    : counts;
  const { typed = null, problems = new Map<string, string>() } = again ?? {};
  return {
    name: typed?.['name'] ?? project.name,
    nameProblem: problems.get('name') ?? '',
    version: typed?.['version'] ?? String(project.version),
    groups: groupsOf({ settings: project.settings, values: counts.values, typed, problems }),
    problem: again?.problem ?? '',
    wrong: problems.size,
    file: effectiveFile(preview.values, project),
    isPreview: again !== null && again.isPreview && problems.size === 0,
    hasFile: file !== null,
    fileProblems: counts.problems,
  };
}
