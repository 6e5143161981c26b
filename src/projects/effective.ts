import { isRecord } from '../settings/problem.js';
import { readSettingsFile, type SettingsText } from '../settings/read.js';
import { parseSettings, type Settings } from '../settings/settings.js';
import { beneathFile, type KeptProjectSettings } from './settings.js';

/** Where an effective value comes from: the settings file, the settings of the project, or neither. */
export const ORIGINS = ['file', 'project', 'default'] as const;
export type Origin = (typeof ORIGINS)[number];

export interface EffectiveValue {
  readonly value: unknown;
  readonly origin: Origin;
}

interface Question {
  readonly project: { readonly name: string; readonly settings: KeptProjectSettings };
  /** `.github/preview.yml` of the default branch; null when it has none. */
  readonly file: SettingsText | null;
  readonly defaultBranch: string | null;
}

interface Effective {
  /** By setting, such as `limits.ttl`. */
  readonly values: Readonly<Record<string, EffectiveValue>>;
  /** Mistakes in the file: where a group has one, its defaults are shown, and nothing new is deployed. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

/**
 * Every setting of a project with the value that counts and its origin: the file of the default branch, then what the server keeps,
 * then the default. Variables are not among them: they have a list of their own, which shows no values.
 */
export function effectiveSettings({ project, file, defaultBranch }: Question): Effective {
  const base = file ?? '';
  const kept = beneathFile(project);
  const { raw, problems } = readSettingsFile(base, 'base', kept.values);
  const broken = new Set(problems.filter(({ level }) => level === 'error').map(({ key }) => key));
  const { settings } = parseSettings({ base, added: [project.name], kept });
  const own = settings.projects.find(({ name }) => name === project.name);
  const build = withoutVariables(own?.build ?? settings.build);
  const { branch = defaultBranch, autoDeployBranches = [] } = project.settings;
  const values = {
    ...policyOf(settings),
    ...build,
    root: own?.root,
    paths: own?.paths,
    branch,
    autoDeployBranches,
  };
  const layers: readonly Layer[] = [
    { origin: 'file', values: { ...raw, ...entryOf(raw, project.name) } },
    { origin: 'project', values: project.settings },
  ];
  return {
    values: Object.fromEntries(
      leavesOf(values).map(({ path, value }) => {
        const [key = ''] = path;
        const origin = broken.has(key) ? 'default' : originOf(layers, path);
        return [path.join('.'), { value, origin }];
      }),
    ),
    problems: problems.map(({ line, message }) => ({ line, message })),
  };
}

function withoutVariables({ env: _env, ...build }: Settings['build']) {
  return build;
}

function policyOf({ projects: _projects, build: _build, ...policy }: Settings) {
  return policy;
}

interface Layer {
  readonly origin: Origin;
  readonly values: Readonly<Record<string, unknown>>;
}

function entryOf(raw: Readonly<Record<string, unknown>>, name: string): Readonly<Record<string, unknown>> {
  const entries: readonly unknown[] = Array.isArray(raw['projects']) ? raw['projects'] : [];
  const isOwn = (entry: unknown) =>
    isRecord(entry) && typeof entry['name'] === 'string' && entry['name'].trim() === name;
  return (entries.find(isOwn) as Readonly<Record<string, unknown>> | undefined) ?? {};
}

type Path = readonly string[];

/** The target and its options are one value. */
function leavesOf(
  value: unknown,
  path: Path = [],
): readonly { readonly path: Path; readonly value: unknown }[] {
  if (!isRecord(value) || path[0] === 'target') return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function originOf(layers: readonly Layer[], path: Path): Origin {
  const at = (values: unknown) =>
    path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), values);
  return layers.find(({ values }) => at(values) !== undefined)?.origin ?? 'default';
}
