import { isDeepStrictEqual } from 'node:util';
import { type AccessMode, stricterAccess } from '../shared/preview-access.js';
import { parseDuration } from '../shared/time.js';
import { resolveVariables } from '../variables/layers.js';
import { NEVER } from './fields.js';
import { type SettingsProblem, toKebab } from './problem.js';
import type { SettingsFile } from './read.js';
import {
  BUILD_DEFAULTS,
  type BuildSettings,
  POLICY,
  type PolicySettings,
  type ProjectEntry,
} from './schema.js';

/** A pull request may lower its limits, and ask for a stricter access. */
const LOWERABLE: readonly string[] = ['limits', 'resources', 'access'];

interface Merged {
  readonly policy: PolicySettings;
  readonly notes: readonly SettingsProblem[];
}

/**
 * The default branch sets the policy. A pull request may lower its own limits and ask for a stricter access; its other policy changes are
 * ignored with a note.
 */
export function mergePolicy(base: SettingsFile, head: SettingsFile): Merged {
  const limits = lower({ section: 'limits', base, head });
  const resources = lower({ section: 'resources', base, head });
  const access = stricter(base, head);
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
    policy: { ...base.policy, limits: limits.value, resources: resources.value, access: access.value },
    notes: [...notes, ...limits.notes, ...resources.notes, ...access.notes],
  };
}

/** The access that the file itself asks for; null where it says nothing that can be read. */
export function askedAccess({ raw, policy, problems }: SettingsFile): AccessMode | null {
  const valid = !problems.some(({ key, level }) => level === 'error' && (key === 'access' || key === ''));
  return valid && given(raw, ['access']) !== undefined ? policy.access : null;
}

function stricter(base: SettingsFile, head: SettingsFile) {
  const ours = base.policy.access;
  const asked = (head === base ? null : askedAccess(head)) ?? ours;
  const value = stricterAccess(ours, asked);
  const text = `access cannot be loosened by a pull request; the default branch says ${ours}`;
  return { value, notes: value === asked ? [] : [head.note(['access'], text)] };
}

interface LowerInput<Key> {
  readonly section: Key;
  readonly base: SettingsFile;
  readonly head: SettingsFile;
}

type Amounts = Readonly<Record<string, number | string>>;

/** What happens at a limit is not a limit itself. */
const NO_AMOUNTS: readonly string[] = ['whenFull'];

function lower<Key extends 'limits' | 'resources'>({ section, base, head }: LowerInput<Key>) {
  const ours: Amounts = base.policy[section];
  const theirs: Amounts = head.policy[section];
  const valid = !head.problems.some(({ key }) => key === section);
  const asked = Object.keys(ours).filter(
    (key) => valid && !NO_AMOUNTS.includes(key) && given(head.raw, [section, key]) !== undefined,
  );
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
  if (value === NEVER) return Infinity;
  return typeof value === 'string' ? parseDuration(value) : (value ?? 0);
}

interface DiffersInput {
  readonly base: SettingsFile;
  readonly head: SettingsFile;
  readonly path: readonly string[];
}

/** A branch has a copy of the file, so only a changed value gets a note. */
export function differs({ base, head, path }: DiffersInput): boolean {
  const theirs = given(head.raw, path);
  return theirs !== undefined && !isDeepStrictEqual(theirs, given(base.raw, path));
}

function given(raw: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], raw);
}

/** One project of a repository, as the settings describe it. */
export interface ProjectSettings {
  readonly name: string;
  readonly root: string;
  /** Only pull requests that change these files get a preview; an empty list means all. */
  readonly paths: readonly string[];
  readonly build: BuildSettings;
}

interface MergedProjects {
  readonly value: readonly ProjectSettings[];
  readonly problems: readonly SettingsProblem[];
}

/** Where the file does not say it: what the server keeps of one of the projects. */
export interface KeptPlace {
  readonly name: string;
  readonly root?: string | undefined;
  readonly paths?: readonly string[] | undefined;
}

interface Projects {
  /** Names of projects that the file need not name. */
  readonly added: readonly string[];
  readonly kept?: KeptPlace | undefined;
}

/** The default branch names the projects; the commit says how to build each of them. */
export function mergeProjects(
  base: SettingsFile,
  head: SettingsFile,
  { added: others, kept }: Projects,
): MergedProjects {
  const inFile = base.projects.map(({ name }) => name);
  const known = new Set([...inFile, ...others]);
  const merged = [...known].map((name) => {
    const policy = base.projects.find((project) => project.name === name);
    const at = head.projects.findIndex((project) => project.name === name);
    const own = kept?.name === name ? kept : undefined;
    const entry = head.projects[at] ?? policy ?? { name };
    return toProject(
      { ...entry, root: entry.root ?? own?.root ?? '.', paths: policy?.paths ?? own?.paths ?? [] },
      { head, at },
    );
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
  /** Index of the project in the list of the commit; -1 when the commit does not name it. */
  readonly at: number;
}

type Placed = Omit<ProjectEntry, 'root' | 'paths'> & Pick<ProjectSettings, 'root' | 'paths'>;

function toProject({ name, root, paths, ...own }: Placed, { head, at }: Place) {
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
