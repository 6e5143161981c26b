import { resolveVariables } from '../variables/layers.js';
import type { SettingsProblem } from './problem.js';
import type { SettingsFile } from './read.js';
import { BUILD_DEFAULTS, type BuildSettings, type ProjectEntry } from './schema.js';

/** One deployable thing of a repository. */
export interface ProjectSettings {
  readonly name: string;
  readonly root: string;
  /** Only pull requests that touch these files; none is all. */
  readonly paths: readonly string[];
  readonly build: BuildSettings;
}

export interface MergedProjects {
  readonly value: readonly ProjectSettings[];
  readonly problems: readonly SettingsProblem[];
}

/** The default branch says which projects there are; the commit says how each is built. */
export function mergeProjects(base: SettingsFile, head: SettingsFile): MergedProjects {
  const known = new Set(base.projects.map(({ name }) => name));
  const merged = base.projects.map((project) => {
    const at = head.projects.findIndex(({ name }) => name === project.name);
    return toProject({ ...(head.projects[at] ?? project), paths: project.paths }, { head, at });
  });
  const added = head.projects.flatMap(({ name }, index) => (known.has(name) ? [] : [index]));
  const notes = added.map((index) =>
    head.note(['projects', index, 'name'], 'a new project gets its previews once this is merged'),
  );
  return {
    value: merged.map(({ project }) => project),
    problems: [...notes, ...merged.flatMap(({ problems }) => problems)],
  };
}

interface Place {
  readonly head: SettingsFile;
  /** Which of the projects of the commit it is; -1 for one that it does not name. */
  readonly at: number;
}

function toProject({ name, root, paths, ...own }: ProjectEntry, { head, at }: Place) {
  const shared = Object.entries(head.build.env ?? {});
  const nearer = Object.keys(own.env ?? {});
  const replaced = shared.flatMap(([theirs]) => {
    const twin = nearer.find((ours) => ours !== theirs && ours.toUpperCase() === theirs.toUpperCase());
    return twin === undefined ? [] : [{ theirs, twin }];
  });
  const kept = shared.filter(([theirs]) => !replaced.some((one) => one.theirs === theirs));
  const env = { ...Object.fromEntries(kept), ...own.env };
  const place = at === -1 ? ['env'] : ['projects', at, 'env'];
  const notes = replaced.map(({ theirs, twin }) =>
    head.note(
      place,
      `${twin} takes the place of ${theirs}, from which it differs only in capitals; write both alike`,
    ),
  );
  const errors = resolveVariables({ layers: { project: env } }).problems.map((problem) => ({
    ...head.note(place, `env, together with that of the whole file: ${problem}`),
    level: 'error' as const,
  }));
  const build: BuildSettings = { ...BUILD_DEFAULTS, ...head.build, ...definedOnly(own), env };
  return { project: { name, root, paths, build }, problems: [...notes, ...errors.slice(0, 1)] };
}

function definedOnly(entry: Partial<Record<keyof BuildSettings, unknown>>): Partial<BuildSettings> {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
