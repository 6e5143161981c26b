import type { Json } from '../documents.js';
import type { Description } from './description.js';

/**
 * GitHub's schemas are open: what they do not name is ignored there, without a word. A field or parameter under a wrong name would
 * never be noticed.
 */
export function undescribed(names: Iterable<string>, described: ReadonlySet<string>): readonly string[] {
  return [...names].filter((name) => !described.has(name)).map((name) => `/${name} is not described`);
}

/** The fields at the top of a body, also those of its variants; null where any name will do. */
export function fieldsOf(description: Description, schema: Json): ReadonlySet<string> | null {
  if (typeof schema['$ref'] === 'string')
    return fieldsOf(description, description.schema(schema['$ref'].split('/').at(-1) ?? ''));
  const variants = ['oneOf', 'anyOf', 'allOf'].flatMap((key) => listOf(schema[key]));
  const named = variants.map((variant) => fieldsOf(description, variant));
  const own = Object.keys(objectOf(schema['properties']));
  const all = [own, ...named.map((one) => [...(one ?? [])])].flat();
  const openByIntent = typeof schema['additionalProperties'] === 'object' || all.length === 0;
  return openByIntent ? null : new Set(all);
}

function listOf(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : [];
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
