import type { ApiDescription } from '../../src/contract/openapi.js';
import type { JsonSchema } from '../../src/contract/examples.js';
import type { Page } from '../../src/contract/operation.js';
import { showHome } from '../../src/contract/server.js';
import { loadPage } from '../render.js';

/** Text and code in turn, as a description with backquotes has them. */
interface Words {
  readonly part: string;
  readonly isCode: boolean;
}

interface Row {
  readonly name: string;
  readonly type: string;
  /** The object that the type is described at; empty for simple types. */
  readonly object: string;
  readonly required: boolean;
  readonly words: readonly Words[];
}

interface Answer {
  readonly status: string;
  readonly words: readonly Words[];
  readonly object: string;
  readonly rows: readonly Row[];
  readonly example: string;
}

interface OperationModel {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: readonly Words[];
  readonly paragraphs: readonly (readonly Words[])[];
  readonly parameters: readonly Row[];
  readonly body: readonly Row[];
  readonly bodyType: string;
  readonly answers: readonly Answer[];
  readonly errors: readonly { readonly status: string; readonly words: readonly Words[] }[];
  readonly curl: string;
}

interface ReferenceModel {
  readonly version: string;
  readonly base: string;
  readonly description: string;
  /** The path of the start page. */
  readonly home: string;
  readonly nouns: readonly {
    readonly name: string;
    readonly title: string;
    readonly words: readonly Words[];
    readonly operations: readonly OperationModel[];
  }[];
  readonly objects: readonly { readonly name: string; readonly rows: readonly Row[] }[];
}

interface Place {
  /** The address of this server. */
  readonly base: string;
  /** The path of the description. */
  readonly description: string;
}

/** The reference of the API as a page, made from its description. */
export function createReference(place: Place): (api: ApiDescription) => Page {
  const render = loadPage<ReferenceModel>({ template: 'api-reference', style: 'api-reference-style' });
  return (api) => render(modelOf(api, place));
}

export function modelOf(api: ApiDescription, { base, description }: Place): ReferenceModel {
  const operations = operationsOf(api);
  return {
    version: api.info.version,
    base,
    description,
    home: showHome.path,
    nouns: api.tags.map(({ name, description: words }) => ({
      name,
      title: titleOf(name),
      words: wordsOf(words.replace(/^[^:]{1,40}: (.)/, (_, first: string) => first.toUpperCase())),
      operations: operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map((one) => presentOperation(api, { ...one, base })),
    })),
    objects: Object.entries(api.components.schemas).map(([name, schema]) => ({
      name,
      rows: rowsOf(schema),
    })),
  };
}

function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema; readonly example?: unknown }>>;
}

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
  readonly example?: unknown;
}

/** An operation as the description holds it. */
interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security: readonly unknown[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly description: string }>>;
}

interface Found {
  readonly path: string;
  readonly method: string;
  readonly operation: Described;
}

function operationsOf({ paths }: ApiDescription): readonly Found[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation: operation as Described,
    })),
  );
}

function presentOperation(api: ApiDescription, found: Found & { readonly base: string }): OperationModel {
  const { path, method, operation } = found;
  const parameters = operation.parameters.map((one) => resolveParameter(api, one));
  const [bodyType = '', body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const responses = Object.entries(operation.responses);
  return {
    id: operation.operationId,
    method,
    path,
    summary: wordsOf(operation.summary),
    paragraphs: operation.description.split('\n\n').map(wordsOf),
    parameters: parameters.map((one) => parameterRow(one)),
    body: body?.schema ? rowsOf(body.schema) : [],
    bodyType,
    answers: responses.filter(([status]) => Number(status) < 400).map(answerOf),
    errors: responses
      .filter(([status]) => Number(status) >= 400)
      .map(([status, { description }]) => ({ status, words: wordsOf(description.replace(/^Error: /, '')) })),
    curl: curlOf({ ...found, parameters, bodyType, example: body?.example }),
  };
}

function resolveParameter(api: ApiDescription, parameter: Parameter): Parameter {
  const name = parameter.$ref?.split('/').at(-1);
  const named = api.components.parameters as Readonly<Record<string, Parameter>>;
  return (name === undefined ? undefined : named[name]) ?? parameter;
}

function parameterRow({ name, in: place, required, description = '', schema }: Parameter): Row {
  const where = place === 'query' ? '' : ` (${place})`;
  return { name, type: `${typeOf(schema)}${where}`, object: '', required, words: wordsOf(description) };
}

function answerOf([status, { description, content }]: [string, Described['responses'][string]]): Answer {
  const json = content?.['application/json'];
  const object = nameOf(json?.schema);
  const page = content?.['text/html'] ? ' An HTML page.' : '';
  return {
    status,
    words: wordsOf(`${description}.${page}`),
    object,
    rows: json?.schema && object === '' ? rowsOf(json.schema) : [],
    example: json?.example === undefined ? '' : JSON.stringify(json.example, null, 2),
  };
}

const DEEPEST = 3;

/** One row a field; the fields of an object without a name follow it, with their path. */
function rowsOf(schema: JsonSchema, { prefix, depth } = { prefix: '', depth: 0 }): readonly Row[] {
  const { properties = {}, required = [], anyOf, oneOf } = schema;
  const choices = anyOf ?? oneOf;
  if (choices && depth === 0) return choices.flatMap((choice) => rowsOf(choice));
  return Object.entries(properties).flatMap(([name, property]) => {
    const path = `${prefix}${name}`;
    const row = {
      name: path,
      type: typeOf(property),
      object: objectIn(property),
      required: required.includes(name),
      words: wordsOf(property.description ?? ''),
    };
    const inner = depth < DEEPEST ? innerOf(property) : undefined;
    if (!inner) return [row];
    return [row, ...rowsOf(inner.schema, { prefix: `${path}${inner.suffix}.`, depth: depth + 1 })];
  });
}

function innerOf(schema: JsonSchema): { schema: JsonSchema; suffix: string } | undefined {
  if (schema.properties) return { schema, suffix: '' };
  if (schema.items) {
    const inner = innerOf(schema.items);
    return inner && { ...inner, suffix: `[]${inner.suffix}` };
  }
  const choice = (schema.anyOf ?? schema.oneOf)?.find((one) => innerOf(one) !== undefined);
  return choice && innerOf(choice);
}

function nameOf(schema: JsonSchema | undefined): string {
  return schema?.$ref?.split('/').at(-1) ?? '';
}

/** The named object in a field: itself, the items of a list, or one of several choices. */
function objectIn(schema: JsonSchema): string {
  const own = nameOf(schema) || (schema.items ? objectIn(schema.items) : '');
  return own || ((schema.anyOf ?? schema.oneOf)?.map(objectIn).find((name) => name !== '') ?? '');
}

const MOST_WORDS = 10;

function typeOf(schema: JsonSchema): string {
  const named = nameOf(schema);
  if (named) return named;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum)
    return schema.enum
      .slice(0, MOST_WORDS)
      .map((word) => JSON.stringify(word))
      .join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ');
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : String(schema.type ?? 'any JSON');
  return [schema.format ?? type, ...boundsOf(schema)].join(', ');
}

function boundsOf(schema: JsonSchema): readonly string[] {
  const { minimum, maximum, maxLength, default: usual } = schema;
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return [
    ...(bounded ? [`${minimum ?? 0} to ${maximum}`] : []),
    ...(maxLength === undefined ? [] : [`up to ${maxLength} characters`]),
    ...(usual === undefined ? [] : [`${JSON.stringify(usual)} if absent`]),
  ];
}

function wordsOf(text: string): readonly Words[] {
  return text
    .split(/`([^`]*)`/)
    .map((part, index) => ({ part, isCode: index % 2 === 1 }))
    .filter(({ part }) => part !== '');
}

interface Request extends Found {
  readonly base: string;
  readonly parameters: readonly Parameter[];
  readonly bodyType: string;
  readonly example: unknown;
}

/** A command line for a POSIX shell. Single quotes keep JSON as it is. */
function curlOf({ base, path, method, operation, parameters, bodyType, example }: Request): string {
  const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) => exampleParameter(parameters, name));
  const keyed = parameters.some(({ name }) => name === 'Idempotency-Key');
  const lines = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}'${base}${filled}'`,
    ...(operation.security.length > 0 ? [`-H "Authorization: Bearer $TOKEN"`] : []),
    ...(keyed ? [`-H "Idempotency-Key: $(uuidgen)"`] : []),
    ...(bodyType ? [`-H 'Content-Type: ${bodyType}'`] : []),
    ...(bodyType === 'application/json' ? [`-d '${JSON.stringify(example)}'`] : []),
    ...(bodyType === 'application/octet-stream' ? ["--data-binary '@file'"] : []),
  ];
  return lines.join(' \\\n  ');
}

function exampleParameter(parameters: readonly Parameter[], name: string): string {
  const found = parameters.find((one) => one.in === 'path' && one.name === name);
  return encodeURIComponent(String(found?.example ?? name));
}
