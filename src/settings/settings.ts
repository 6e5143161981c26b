import type { AccessMode } from '../shared/preview-access.js';
import {
  askedAccess,
  differs,
  type KeptPlace,
  mergePolicy,
  mergeProjects,
  type ProjectSettings,
} from './merge.js';
import type { SettingsProblem } from './problem.js';
import { readSettingsFile, type SectionProblem, type SettingsFile, type SettingsText } from './read.js';
import { BUILD_DEFAULTS, type BuildSettings, type PolicySettings } from './schema.js';

/** The complete settings: the policy from the default branch, the build from the commit. */
export interface Settings extends PolicySettings {
  readonly build: BuildSettings;
  /** Empty when the whole repository is one project: see `projectsOf`. */
  readonly projects: readonly ProjectSettings[];
}

interface SettingsTexts {
  /** The file of the default branch; undefined when there is none. */
  readonly base?: SettingsText | undefined;
  /** The file of the commit; null when the commit has none; undefined when it was not read, and then the base file is used. */
  readonly head?: SettingsText | null | undefined;
  /** Names of projects that the server keeps; the file need not name them. */
  readonly added?: readonly string[] | undefined;
  /** What the server keeps of the project that is asked about. It counts where the file says nothing. */
  readonly kept?: KeptSettings | undefined;
}

/** Settings of one project that are not in the file, in camel case and valid. */
export interface KeptSettings extends KeptPlace {
  readonly values: Readonly<Record<string, unknown>>;
}

export interface ParsedSettings {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  /** What the file of the commit asks for itself: null for nothing, undefined when it was not read. */
  readonly askedAccess: AccessMode | null | undefined;
}

/**
 * Never throws: a value that cannot be read gets its default and is listed as a problem. An error must stop deployments, because the
 * default may allow more than the file does.
 */
export function parseSettings({ base, head, added = [], kept }: SettingsTexts): ParsedSettings {
  const ours = readSettingsFile(base ?? '', 'base', kept?.values);
  const theirs =
    head === undefined || head === base ? ours : readSettingsFile(head ?? '', 'head', kept?.values);
  const { policy, notes } = mergePolicy(ours, theirs);
  const projects = mergeProjects(ours, theirs, { added, kept });
  return {
    settings: { ...policy, build: { ...BUILD_DEFAULTS, ...theirs.build }, projects: projects.value },
    problems: [...relevant(ours, theirs), ...notes, ...projects.problems],
    askedAccess: head === undefined ? undefined : askedAccess(theirs),
  };
}

export function defaultSettings(): Settings {
  return parseSettings({}).settings;
}

/** Every project of a repository. Without a list there is one, named after the repository. */
export function projectsOf(settings: Settings, repository: string): readonly ProjectSettings[] {
  if (settings.projects.length > 0) return settings.projects;
  return [{ name: defaultProjectName(repository), root: '.', paths: [], build: settings.build }];
}

/** The first name of that project: it keeps the name when the repository is renamed. */
export function defaultProjectName(repository: string): string {
  return repository.split('/').at(-1) ?? repository;
}

/** Errors count in the file that decides: a wrong policy value in the commit only matters after the merge. */
function relevant(base: SettingsFile, head: SettingsFile): SettingsProblem[] {
  if (base === head) return base.problems.map(plain);
  const says = (project: string) => head.projects.some(({ name }) => name === project);
  const ours = base.problems.filter(
    ({ section, project }) => section !== 'build' || (project !== undefined && !says(project)),
  );
  const news = head.problems.filter(
    ({ section, key }) => section !== 'policy' || differs({ base, head, path: [key] }),
  );
  return [...ours, ...news.map(softened)].map(plain);
}

function softened(problem: SectionProblem): SectionProblem {
  if (problem.section !== 'policy') return problem;
  return { ...problem, level: 'note', message: `${problem.message} (ignored until it is merged)` };
}

function plain({
  section: _section,
  key: _key,
  project: _project,
  ...problem
}: SectionProblem): SettingsProblem {
  return problem;
}
