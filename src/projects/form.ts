import { z } from 'zod';
import { parse, stringify, YAMLError } from 'yaml';
import { camelKeys, isFree, isRecord, toKebab } from '../settings/problem.js';
import { type KeptProjectSettings, projectSettings, SETTING_NAMES, type SettingProblem } from './settings.js';

/**
 * How one setting is typed: a line, a number, one of some words, several lines with a value each, or YAML for what has parts of its own.
 */
type Kind = 'text' | 'number' | 'choice' | 'lines' | 'yaml';

export interface SettingField {
  /** Such as `limits.ttl`: as the list of effective settings names it. */
  readonly path: string;
  /** As `.github/preview.yml` spells it. */
  readonly label: string;
  readonly kind: Kind;
  /** Of `choice`. */
  readonly choices: readonly string[];
  /** A size in bytes, which people write as `512m`. */
  readonly isSize: boolean;
}

interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}

let fields: readonly SettingField[] | undefined;

/** A field for every setting of a project, in the order of the schema: a new setting has one at once. */
export function settingFields(): readonly SettingField[] {
  return (fields ??= SETTING_NAMES.flatMap((name) => fieldsAt([name], schemaOf(name))));
}

function schemaOf(name: string): JsonSchema {
  const made = z.toJSONSchema(projectSettings(), { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return made.properties?.[name] ?? {};
}

/** Both are sizes in the schema, which turns them into bytes. */
const SIZES = ['limits.uploadSize', 'limits.fileSize', 'resources.memory'];

function fieldsAt(path: readonly string[], given: JsonSchema): readonly SettingField[] {
  const schema = withoutNull(given);
  if (schema.properties && Object.keys(schema.properties).length > 0 && !schema.anyOf)
    return Object.entries(schema.properties).flatMap(([key, inner]) => fieldsAt([...path, key], inner));
  const at = path.join('.');
  const common = { path: at, label: path.map(toKebab).join('.'), isSize: SIZES.includes(at) };
  return [{ ...common, ...kindOf(schema) }];
}

/** Null takes a value away: an empty field says that. */
function withoutNull(schema: JsonSchema): JsonSchema {
  const others = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const [only] = others;
  return only && others.length === 1 ? only : schema;
}

function kindOf({ type: types, enum: words, items }: JsonSchema): Pick<SettingField, 'kind' | 'choices'> {
  const type = [types].flat().find((one) => one !== 'null');
  if (words) return { kind: 'choice', choices: words.map(String) };
  if (type === 'boolean') return { kind: 'choice', choices: ['true', 'false'] };
  if (type === 'integer' || type === 'number') return { kind: 'number', choices: [] };
  if (type === 'array' && items?.type === 'string') return { kind: 'lines', choices: [] };
  return { kind: type === 'string' ? 'text' : 'yaml', choices: [] };
}

const UNITS = [
  ['g', 1_024 ** 3],
  ['m', 1_024 ** 2],
  ['k', 1_024],
] as const;

/** A value as a person types it. */
export function typedOf(field: SettingField, value: unknown): string {
  const written = asWritten(field, value);
  if (written === undefined || written === null) return '';
  if (field.kind === 'lines' && Array.isArray(written)) return written.join('\n');
  if (isRecord(written) || Array.isArray(written)) return stringify(written, { lineWidth: 0 }).trimEnd();
  return String(written as string | number | boolean);
}

/** A value as the file would say it: the settings are kept in another form where that is better for the server. */
export function asWritten({ path, isSize }: Pick<SettingField, 'path' | 'isSize'>, value: unknown): unknown {
  if (isSize && typeof value === 'number') return sizeText(value);
  if (path === 'target') return targetName(value) ?? value;
  return path === 'services' && Array.isArray(value) ? servicesByName(value) : value;
}

/** A target without options is its name. */
function targetName(value: unknown): string | undefined {
  if (!isRecord(value) || typeof value['name'] !== 'string') return undefined;
  const { options = {} } = value;
  return isRecord(options) && Object.keys(options).length === 0 ? value['name'] : undefined;
}

function servicesByName(services: readonly unknown[]): Readonly<Record<string, string>> {
  const all = services.filter(isRecord);
  return Object.fromEntries(
    all.map(({ name, kind, version }) => [String(name), `${String(kind)}:${String(version)}`]),
  );
}

export function sizeText(bytes: number): string {
  const [unit = 'k', size = 1_024] = UNITS.find(([, one]) => bytes % one === 0) ?? [];
  return `${String(bytes / size)}${unit}`;
}

interface Read {
  /** A merge patch for the settings: what is empty is taken away. */
  readonly patch: Readonly<Record<string, unknown>>;
  /** Of fields that cannot be read at all. */
  readonly problems: readonly SettingProblem[];
}

/** What the fields of the form say, by their paths. A field that was not sent, or that was and is empty, is left as it is. */
export function readTyped(
  typed: Readonly<Record<string, string | undefined>>,
  stored: KeptProjectSettings,
): Read {
  const patch: Record<string, unknown> = {};
  const problems: SettingProblem[] = [];
  for (const field of settingFields()) {
    const text = typed[field.path];
    if (text === undefined) continue;
    // Browsers send two characters for the end of a line.
    const read = valueOf(field, text.replaceAll('\r\n', '\n').trim());
    const path = field.path.split('.');
    if ('problem' in read) problems.push({ path: field.path, problem: read.problem });
    else if (read.value !== null || valueAt(stored, path) !== undefined) put(patch, path, read.value);
  }
  return { patch, problems };
}

function valueOf({ path, kind }: SettingField, text: string): { value: unknown } | { problem: string } {
  if (text === '') return { value: null };
  if (kind === 'number') return { value: /^-?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : text };
  if (kind === 'choice') return { value: text === 'true' ? true : text === 'false' ? false : text };
  if (kind === 'lines')
    return {
      value: text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    };
  return kind === 'yaml' ? readYaml(path, text) : { value: text };
}

function readYaml(path: string, text: string): { value: unknown } | { problem: string } {
  try {
    const value = parse(text, { maxAliasCount: 0 }) as unknown;
    // The names of databases are the user's own.
    return { value: isFree(path) ? value : camelKeys(value) };
  } catch (error) {
    const why = error instanceof YAMLError ? error.message.split('\n')[0]?.replace(/:$/, '') : undefined;
    return { problem: `cannot be read as YAML: ${why ?? 'write it without anchors'}` };
  }
}

function put(into: Record<string, unknown>, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    into[key] = value;
    return;
  }
  const inner = isRecord(into[key]) ? into[key] : {};
  into[key] = inner;
  put(inner, rest, value);
}

/** What stands beside a field. People type into fields without quotes, so that part of a sentence for files is left out. */
export function sentenceFor({ label }: Pick<SettingField, 'label'>, problem: string): string {
  return `${label} ${problem.replace(/,? without quotes/, '')}`;
}

/** The value of a setting, such as `['limits', 'ttl']`; undefined where it is not set. */
export function valueAt(settings: KeptProjectSettings, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), settings);
}

/** The field that a problem belongs to: the setting itself, or what it is a part of. */
export function fieldOf(path: string): SettingField | undefined {
  const all = settingFields();
  return (
    all.find((field) => field.path === path) ??
    all.find((field) => path.startsWith(`${field.path}.`)) ??
    all.find((field) => field.path.startsWith(`${path}.`))
  );
}
