import fc from 'fast-check';
import type { JsonSchema, Schemas } from '../../src/contract/examples.js';
import { resolved } from '../../src/contract/examples.js';

/**
 * Texts that break programs: names of branches (A), parameters of an API (F), and names and values of variables (I), from the corpora
 * of bad input.
 */
export const HOSTILE: readonly string[] = [
  'zzz";echo${IFS}"hello";#',
  'a`id`b',
  '$(curl${IFS}x)',
  'main;touch${IFS}/tmp/p',
  '--upload-pack=x',
  '-rf',
  'feature/../..',
  'a/.b',
  'n'.repeat(244),
  'refs/heads/main',
  'caf\u00e9',
  'cafe\u0301',
  '\uff4d\uff41\uff49\uff4e',
  'a\u202egpj',
  '\u{1f680}\u{1f680}',
  'HEAD',
  'f'.repeat(40),
  "x'OR'1",
  '{{constructor}}',
  '${{ github.token }}',
  '%2e%2e%2f',
  '',
  '{"$gt":""}',
  '{"$nor":[{}]}',
  '{"$where":"sleep(9e9)"}',
  '__proto__',
  'constructor',
  'a'.repeat(23),
  'a'.repeat(24),
  'a'.repeat(25),
  '1e9',
  '-1',
  'NaN',
  '0',
  '(a+)+$',
  'A=B',
  '1A',
  'LD_PRELOAD',
  'NODE_OPTIONS',
  'value\nX=1',
  '\u0000',
  '\ud800',
  'true',
  '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----',
  '<script>alert(1)</script>',
  '\r\nSet-Cookie: a=b',
];

/** Values of every JSON type, and objects that MongoDB would take for operators. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  [],
  ['a'],
  {},
  { $gt: '' },
  { $ne: null },
  { $where: 'sleep(9e9)' },
  { $regex: '(a+)+$' },
  { status: 'ready', generation: 99 },
  JSON.parse('{"__proto__":{"a":1}}'),
];

const hostileText = fc.constantFrom(...HOSTILE);
const oddValue = fc.oneof(fc.constantFrom(...ODD_VALUES), hostileText, fc.jsonValue({ maxDepth: 3 }));

/** Values that a schema takes, or nearly: each part is sometimes replaced by something odd. */
export function nearly(schema: JsonSchema, schemas: Schemas = {}): fc.Arbitrary<unknown> {
  const own = resolved(schema, schemas);
  return fc.oneof({ weight: 8, arbitrary: fitting(own, schemas) }, { weight: 1, arbitrary: oddValue });
}

function fitting(schema: JsonSchema, schemas: Schemas): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => nearly(choice, schemas)));
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'object':
      return fittingObject(schema, schemas);
    case 'array':
      return schema.prefixItems
        ? fc.tuple(...schema.prefixItems.map((item) => nearly(item, schemas)))
        : fc.array(nearly(schema.items ?? {}, schemas), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: 0, max: 5 }), fc.maxSafeInteger());
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fittingText(schema);
    case 'null':
      return fc.constant(null);
    default:
      return oddValue;
  }
}

function fittingObject(
  { properties = {}, required = [] }: JsonSchema,
  schemas: Schemas,
): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(
    ([name, property]) => [name, nearly(property, schemas)] as const,
  );
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: [...required] });
  const unknown = fc.dictionary(hostileText, oddValue, { maxKeys: 1 });
  return fc.oneof(
    { weight: 6, arbitrary: known },
    { weight: 1, arbitrary: fc.tuple(known, unknown).map(([one, two]) => ({ ...one, ...two })) },
  );
}

function fittingText({ pattern, format }: JsonSchema): fc.Arbitrary<unknown> {
  if (format === 'date-time') return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uri') return fc.webUrl();
  const texts = fc.oneof(hostileText, fc.string({ unit: 'binary', maxLength: 40 }));
  if (pattern === undefined) return texts;
  return fc.oneof({ weight: 4, arbitrary: matching(pattern) ?? texts }, { weight: 1, arbitrary: texts });
}

/** Undefined for a pattern that looks ahead: fast-check makes no texts for those. */
function matching(pattern: string): fc.Arbitrary<string> | undefined {
  try {
    return fc.stringMatching(new RegExp(pattern));
  } catch {
    return undefined;
  }
}
