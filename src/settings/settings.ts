import { differs, mergePolicy, mergeProjects, type ProjectSettings } from './merge.js';
import type { SettingsProblem } from './problem.js';
import { readSettingsFile, type SectionProblem, type SettingsFile, type SettingsText } from './read.js';
import { BUILD_DEFAULTS, type BuildSettings, type PolicySettings } from './schema.js';

/** What `.github/preview.yml` says, complete: policy of the default branch, build of the commit. */
export interface Settings extends PolicySettings {
  readonly build: BuildSettings;
  /** Empty when the whole repository is one project: see `projectsOf`. */
  readonly projects: readonly ProjectSettings[];
}

interface SettingsTexts {
  /** The file of the default branch; undefined when there is none. */
  readonly base?: SettingsText | undefined;
  /** The file of the commit; undefined when it was not read, and the base's stands for it; null when there is none. */
  readonly head?: SettingsText | null | undefined;
}

interface ParsedSettings {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
}

/** Never throws: what cannot be read is at its default and listed. An error must stop deployments, for a default may be too generous. */
export function parseSettings({ base, head }: SettingsTexts): ParsedSettings {
  const ours = readSettingsFile(base ?? '', 'base');
  const theirs = head === undefined || head === base ? ours : readSettingsFile(head ?? '', 'head');
  const { policy, notes } = mergePolicy(ours, theirs);
  const projects = mergeProjects(ours, theirs);
  return {
    settings: { ...policy, build: { ...BUILD_DEFAULTS, ...theirs.build }, projects: projects.value },
    problems: [...relevant(ours, theirs), ...notes, ...projects.problems],
  };
}

export function defaultSettings(): Settings {
  return parseSettings({}).settings;
}

/** Every project of a repository; without a list, one that is named after the repository. */
export function projectsOf(settings: Settings, repository: string): readonly ProjectSettings[] {
  if (settings.projects.length > 0) return settings.projects;
  return [{ name: defaultProjectName(repository), root: '.', paths: [], build: settings.build }];
}

/** At first: a project keeps its name when its repository is renamed. */
export function defaultProjectName(repository: string): string {
  return repository.split('/').at(-1) ?? repository;
}

/** Each side's errors where that side decides; what the commit says wrongly about policy matters only once it is merged. */
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
