import { exampleValues } from './words.js';

/** A JSON Schema as the description holds it. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly description?: string;
}

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The schema that a reference leads to. */
export function resolved(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const name = schema.$ref?.split('/').at(-1);
  return (name === undefined ? undefined : schemas[name]) ?? schema;
}

/** A value that the schema takes, with words of this product where the name of the field says which. */
export function exampleOf(schema: JsonSchema, schemas: Schemas, name = ''): unknown {
  const own = resolved(schema, schemas);
  if (own.const !== undefined) return own.const;
  const told = exampleValues(name).find((value) => takes(own, value, schemas));
  if (told !== undefined) return told;
  if (own.enum) return own.enum[0];
  if (own.default !== undefined) return own.default;
  const choice = (own.anyOf ?? own.oneOf)?.find(({ type }) => type !== 'null');
  if (choice) return exampleOf(choice, schemas, name);
  return exampleOfType(own, schemas, name);
}

function exampleOfType(schema: JsonSchema, schemas: Schemas, name: string): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return exampleObject(schema, schemas);
    case 'array':
      return exampleArray(schema, schemas, name);
    case 'integer':
    case 'number':
      return Math.max(schema.minimum ?? 0, (schema.exclusiveMinimum ?? -1) + 1);
    case 'boolean':
      return true;
    case 'string':
      return exampleText(schema, name);
    default:
      return null;
  }
}

function exampleObject({ properties = {} }: JsonSchema, schemas: Schemas): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, exampleOf(property, schemas, name)]),
  );
}

function exampleArray(
  { items, prefixItems }: JsonSchema,
  schemas: Schemas,
  name: string,
): readonly unknown[] {
  if (prefixItems) return prefixItems.map((item) => exampleOf(item, schemas));
  return items ? [exampleOf(items, schemas, singular(name))] : [];
}

function singular(name: string): string {
  return name.replace(/s$/, '');
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2026-03-01T12:46:00.000Z',
  uri: 'https://pr-42-hello.previews.example.com',
  email: 'octavia@example.com',
};

/** Of texts that only a pattern describes. */
const TEXTS = [
  'text',
  '/',
  '1',
  '2d',
  'acme/hello',
  '65f1c0de9a3b4c5d6e7f8091',
  '1f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345',
  'a3f1c0de9a3b4c5d6e7f80911f3a5c7e9b2d4f60718293a4b5c6d7e8f9012345',
];

function exampleText({ format, pattern, minLength = 0 }: JsonSchema, name: string): string {
  const byFormat = format === undefined ? undefined : BY_FORMAT[format];
  if (byFormat !== undefined) return byFormat;
  const fits = (text: string) => pattern === undefined || new RegExp(pattern).test(text);
  return TEXTS.find(fits) ?? (name || 'text').padEnd(minLength, 'x');
}

function typeOf({ type, properties, items }: JsonSchema): string | undefined {
  if (typeof type === 'string') return type;
  if (type) return type.find((one) => one !== 'null');
  return properties ? 'object' : items && 'array';
}

/** Whether a schema takes a simple value. It need not be right for what examples do not have. */
function takes(schema: JsonSchema, value: unknown, schemas: Schemas): boolean {
  const own = resolved(schema, schemas);
  const choices = own.anyOf ?? own.oneOf;
  if (choices) return choices.some((choice) => takes(choice, value, schemas));
  if (own.enum) return own.enum.includes(value);
  if (value === null) return own.type === 'null' || (Array.isArray(own.type) && own.type.includes('null'));
  if (typeof value === 'number') return typeOf(own) === 'integer' || typeOf(own) === 'number';
  if (typeof value !== 'string' || typeOf(own) !== 'string' || own.format === 'date-time') return false;
  const { pattern, minLength = 0, maxLength = Infinity } = own;
  const fits = pattern === undefined || new RegExp(pattern).test(value);
  return fits && value.length >= minLength && value.length <= maxLength;
}
