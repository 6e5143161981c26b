import { z } from 'zod';
import { type Finding, findings, unknownKey } from './messages.js';
import { camelKeys, isRecord, type SettingsProblem } from './problem.js';
import {
  BUILD,
  type BuildSettings,
  POLICY,
  type PolicySettings,
  type ProjectEntry,
  PROJECTS,
} from './schema.js';
import { type Path, readYaml, unreadableYaml, type YamlText } from './yaml.js';

type Side = SettingsProblem['file'];

type Section = 'policy' | 'build' | 'projects' | 'file';

export type SectionProblem = SettingsProblem & {
  readonly section: Section;
  readonly key: string;
  /** The project to build, where the file names several. */
  readonly project?: string | undefined;
};

/** One of the two files. A wrong value falls back to its default and is listed as a problem. */
export interface SettingsFile {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly policy: PolicySettings;
  readonly build: Partial<BuildSettings>;
  readonly projects: readonly ProjectEntry[];
  readonly problems: readonly SectionProblem[];
  readonly note: (path: Path, message: string) => SettingsProblem;
}

const KEYS = [...Object.keys(POLICY), ...Object.keys(BUILD), 'projects'];

/** `beneath`: valid values that count where the file says nothing. */
export function readSettingsFile(text: SettingsText, file: Side, beneath: Values = {}): SettingsFile {
  const yaml = typeof text === 'string' ? readYaml(text) : unreadableYaml(text.problem);
  const raw = camelKeys(yaml.value) as Record<string, unknown>;
  const values = onTop(raw, beneath);
  const { read, add, problems } = createReader({ raw: values, file, locate: yaml.locate });
  for (const { message, ...at } of yaml.problems)
    problems.push({ ...at, ...WHOLE_FILE, file, message: `.github/preview.yml ${message}` });
  const unknown = Object.keys(raw).filter((key) => !KEYS.includes(key));
  for (const key of unknown.slice(0, MAX_FINDINGS)) add('file', unknownKey({ path: [key], known: KEYS }));
  return {
    raw,
    policy: readPolicy(read),
    build: readBuild(values, read),
    projects: read('projects', 'projects', PROJECTS) ?? withoutBuild(raw['projects']),
    problems,
    note: (path, message) => ({ level: 'note', file, message, ...yaml.locate(path) }),
  };
}

type Values = Readonly<Record<string, unknown>>;

/** Their keys belong together: one group takes the place of the other. */
const WHOLE_GROUPS: readonly string[] = ['target', 'env', 'services'];

/** Groups are merged key by key; lists and single values take the place of those beneath. */
export function onTop(upper: Values, beneath: Values): Record<string, unknown> {
  const merged = Object.entries(upper).map(([key, value]) => {
    const under = beneath[key];
    const both = isRecord(value) && isRecord(under) && !WHOLE_GROUPS.includes(key);
    return [key, both ? onTop(value, under) : value];
  });
  return { ...beneath, ...(Object.fromEntries(merged) as Values) };
}

const WHOLE_FILE = { level: 'error', section: 'file', key: '' } as const;

/** Enough to correct the file, and more than a check run shows. */
const MAX_FINDINGS = 20;

/** The value of a key, or undefined after its problems were added to the list. */
type Read = <T>(section: Section, key: string, schema: z.ZodType<T>) => T | undefined;

interface ReaderInput {
  readonly raw: Values;
  readonly file: Side;
  readonly locate: YamlText['locate'];
}

function createReader({ raw, file, locate }: ReaderInput) {
  const problems: SectionProblem[] = [];
  const add = (section: Section, { path, message }: Finding): void => {
    const place = isOfBuild(path) ? ({ section: 'build', project: nameAt(raw, path) } as const) : { section };
    problems.push({ level: 'error', file, ...place, key: String(path[0]), message, ...locate(path) });
  };
  const read: Read = (section, key, schema) => {
    const result = schema.safeParse(raw[key]);
    if (result.success) return result.data;
    const known = (path: Path) => keysAt(schema, path.slice(1));
    const found = result.error.issues
      .slice(0, MAX_FINDINGS)
      .flatMap((issue) => findings(issue, { at: [key], raw: raw[key], known }));
    for (const finding of found.slice(0, MAX_FINDINGS)) add(section, finding);
    return undefined;
  };
  return { read, add, problems };
}

/** The build keys of a project are read with the build; its name and paths are policy. */
function isOfBuild([section, , key]: Path): boolean {
  return section === 'projects' && String(key) in BUILD;
}

function nameAt({ projects }: Readonly<Record<string, unknown>>, [, index]: Path): string | undefined {
  const entry: unknown = Array.isArray(projects) ? projects[Number(index)] : undefined;
  return isRecord(entry) && typeof entry['name'] === 'string' ? entry['name'].trim() : undefined;
}

/** A mistake in the build keys of a project does not remove the project. */
function withoutBuild(raw: unknown): readonly ProjectEntry[] {
  const entries: unknown = Array.isArray(raw) ? raw.map(named) : raw;
  return PROJECTS.safeParse(entries).data ?? [];
}

function named(entry: unknown): unknown {
  if (!isRecord(entry)) return entry;
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !(key in BUILD)));
}

function readPolicy(read: Read): PolicySettings {
  const entries = Object.entries(POLICY).map(([key, schema]) => {
    const value: unknown = read<unknown>('policy', key, schema);
    return [key, value === undefined ? schema.parse(undefined) : value];
  });
  return Object.fromEntries(entries) as PolicySettings;
}

function readBuild(raw: Readonly<Record<string, unknown>>, read: Read): Partial<BuildSettings> {
  const given = Object.entries(BUILD).filter(([key]) => raw[key] !== undefined);
  const entries = given.map(([key, schema]) => [key, read<unknown>('build', key, schema)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Partial<BuildSettings>;
}

/** The keys that a schema knows at a place, for "did you mean". */
function keysAt(schema: unknown, path: Path): readonly string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keysAt(option, path));
  const [step, ...rest] = path;
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (!(inner instanceof z.ZodObject)) return [];
  return step === undefined ? Object.keys(inner.shape) : keysAt(inner.shape[String(step)], rest);
}

function unwrap(schema: unknown): unknown {
  const wrapped =
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable;
  return wrapped || schema instanceof z.ZodOptional ? unwrap(schema.unwrap()) : schema;
}

/** A file that exists and is not readable text. The problem continues a sentence that begins with the name of the file. */
interface Unreadable {
  readonly problem: string;
}

/** `.github/preview.yml` as it was read from GitHub. */
export type SettingsText = string | Unreadable;
