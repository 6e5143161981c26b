import { isDeepStrictEqual } from 'node:util';
import { parseDuration } from '../shared/time.js';
import { resolveVariables } from '../variables/layers.js';
import { type SettingsProblem, toKebab } from './problem.js';
import type { SettingsFile } from './read.js';
import {
  BUILD_DEFAULTS,
  type BuildSettings,
  POLICY,
  type PolicySettings,
  type ProjectEntry,
} from './schema.js';

/** What a pull request may ask less of. */
const LOWERABLE: readonly string[] = ['limits', 'resources'];

interface Merged {
  readonly policy: PolicySettings;
  readonly notes: readonly SettingsProblem[];
}

/** Policy is the default branch's. A pull request may lower what it uses; anything else it says about policy is named and ignored. */
export function mergePolicy(base: SettingsFile, head: SettingsFile): Merged {
  const limits = lower({ section: 'limits', base, head });
  const resources = lower({ section: 'resources', base, head });
  const ignored = Object.keys(POLICY).filter(
    (key) => !LOWERABLE.includes(key) && differs({ base, head, path: [key] }),
  );
  const notes = ignored.map((key) =>
    head.note(
      [key],
      `${toKebab(key)} is read from the default branch only; it takes effect once this is merged`,
    ),
  );
  return {
    policy: { ...base.policy, limits: limits.value, resources: resources.value },
    notes: [...notes, ...limits.notes, ...resources.notes],
  };
}

interface LowerInput<Key> {
  readonly section: Key;
  readonly base: SettingsFile;
  readonly head: SettingsFile;
}

type Amounts = Readonly<Record<string, number | string>>;

function lower<Key extends 'limits' | 'resources'>({ section, base, head }: LowerInput<Key>) {
  const ours: Amounts = base.policy[section];
  const theirs: Amounts = head.policy[section];
  const valid = !head.problems.some(({ key }) => key === section);
  const asked = Object.keys(ours).filter((key) => valid && given(head.raw, [section, key]) !== undefined);
  const less = asked.filter((key) => amount(theirs[key]) < amount(ours[key]));
  const more = asked.filter((key) => amount(theirs[key]) > amount(ours[key]));
  return {
    value: { ...ours, ...Object.fromEntries(less.map((key) => [key, theirs[key]])) } as PolicySettings[Key],
    notes: more.map((key) =>
      head.note(
        [section, key],
        `${section}.${toKebab(key)} cannot be raised by a pull request; the default branch decides`,
      ),
    ),
  };
}

function amount(value: number | string | undefined): number {
  return typeof value === 'string' ? parseDuration(value) : (value ?? 0);
}

interface DiffersInput {
  readonly base: SettingsFile;
  readonly head: SettingsFile;
  readonly path: readonly string[];
}

/** A branch carries a copy of the file: only what it changes is worth a word. */
export function differs({ base, head, path }: DiffersInput): boolean {
  const theirs = given(head.raw, path);
  return theirs !== undefined && !isDeepStrictEqual(theirs, given(base.raw, path));
}

function given(raw: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], raw);
}

/** One deployable thing of a repository. */
export interface ProjectSettings {
  readonly name: string;
  readonly root: string;
  /** Only pull requests that touch these files; none is all. */
  readonly paths: readonly string[];
  readonly build: BuildSettings;
}

interface MergedProjects {
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
