/** OpenAPI 3.0 schemas, made into what ajv understands. */
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import type { Json } from '../documents.js';
import type { Description } from './description.js';

export type Check = (value: unknown) => readonly string[];

export interface Checks {
  /** Compiled once a key. */
  of(key: string, schema: Json): Check;
}

/** Values of paths and queries arrive as text, so `per_page=100` must pass as a number; bodies are taken as they are. */
export type Values = 'text' | 'json';

/** Component schemas are compiled once and shared; an operation costs 10 to 60 ms, and only when it is first used. */
export function createChecks(description: Description, values: Values): Checks {
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes: values === 'text', inlineRefs: false });
  formats.default(ajv);
  const known = new Set<string>();
  const addComponents = (schema: unknown): void => {
    for (const name of referencesOf(schema)) {
      if (known.has(name)) continue;
      known.add(name);
      const component = convert(description.schema(name));
      ajv.addSchema(component as Json, name);
      addComponents(component);
    }
  };
  const compiled = new Map<string, Check>();
  return {
    of(key, schema) {
      const cached = compiled.get(key);
      if (cached) return cached;
      const converted = convert(schema) as Json;
      addComponents(converted);
      const check = describeErrors(ajv.compile(converted));
      compiled.set(key, check);
      return check;
    },
  };
}

function describeErrors(validate: ValidateFunction): Check {
  return (value) => {
    // What goes over the wire is checked; and coercion writes into what it is given.
    if (validate(JSON.parse(JSON.stringify(value)))) return [];
    return (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message}`);
  };
}

/** `nullable` becomes a union with null, examples and prose go, references name their component. */
function convert(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(convert);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { nullable, ...rest } = schema as Json;
  const converted = Object.fromEntries(Object.entries(rest).filter(kept).map(convertEntry));
  return nullable === true ? { anyOf: [converted, { type: 'null' }] } : converted;
}

function kept([key, value]: [string, unknown]): boolean {
  const isProse = key === 'description' || key === 'title' || key === 'example' || key === 'examples';
  return !isProse || typeof value === 'object';
}

function convertEntry([key, value]: [string, unknown]): [string, unknown] {
  if (key === '$ref') return [key, String(value).split('/').at(-1)];
  if (key === 'enum' || key === 'required' || key === 'default') return [key, value];
  return [key, convert(value)];
}

function referencesOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(referencesOf);
  if (typeof schema !== 'object' || schema === null) return [];
  const { $ref, ...rest } = schema as Json;
  const own = typeof $ref === 'string' ? [$ref] : [];
  return [...own, ...Object.values(rest).flatMap(referencesOf)];
}
