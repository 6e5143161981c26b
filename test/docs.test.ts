import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { INPUT_NAMES } from '../action/inputs/names.js';
import { CHECKS } from '../app/cli/doctor/checks.js';
import { OPERATIONS } from '../src/contract/openapi.js';
import type { Operation } from '../src/contract/operation.js';
import { toKebab } from '../src/settings/problem.js';
import { BUILD, POLICY, PROJECTS } from '../src/settings/schema.js';
import { parseSettings } from '../src/settings/settings.js';
import { ROOT } from './support/architecture/read-sources.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const missingFrom = (text: string, names: readonly string[], shown: (name: string) => readonly string[]) =>
  names.filter((name) => !shown(name).some((form) => text.includes(form)));
const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

describe('variables of the environment', () => {
  /** Those of an operator: keys of the schemas, and what is read by name. */
  const OWN = variablesOf([
    'app/config/config.ts',
    'app/config/secrets.ts',
    'app/config/sign-in.ts',
    'app/config/accounts.ts',
    'app/config/containers.ts',
    'app/config/screenshots.ts',
  ]);
  const OTHERS = variablesOf(['app/config/check-process.ts', 'embedded-mongodb/mongod/find-mongod.ts']);
  /** Read by a program that is started, or by the system's convention. */
  const KNOWN = new Set([...OWN, ...OTHERS, 'XDG_CACHE_HOME']);
  const configuration = read('docs/configuration.md');

  function variablesOf(files: readonly string[]): string[] {
    const found = files.flatMap((file) =>
      matches(read(file), /(?:^ {2}|\['|\{ |, )([A-Z][A-Z_]+)(?::|'\])/gm),
    );
    return [...new Set(found)];
  }

  test('all are found in the code', () => {
    expect(OWN.length).toBeGreaterThan(12);
    expect([...KNOWN]).toEqual(
      expect.arrayContaining(['PORT', 'PRIVATE_KEY_PATH', 'MONGODB_URI', 'NODE_ENV']),
    );
  });

  test('all are explained', () => {
    expect(missingFrom(configuration, [...KNOWN], (name) => [`\`${name}\``, `\`${name}=`])).toEqual([]);
  });

  test('those of an operator are in .env.example', () => {
    expect(missingFrom(read('.env.example'), OWN, (name) => [`\n${name}=`, `\n#${name}=`])).toEqual([]);
  });

  test('no other is explained or given as an example', () => {
    const explained = matches(configuration, /^\| `([A-Z][A-Z_]+)`/gm);
    const given = matches(read('.env.example'), /^#?([A-Z][A-Z_]+)=/gm);
    expect([...explained, ...given].filter((name) => !KNOWN.has(name))).toEqual([]);
  });
});

describe('settings', () => {
  const text = read('docs/settings.md');
  const [example = ''] = matches(text, /```yaml\n([^]*?)```/g);

  test('every key is explained', () => {
    const schema = z.toJSONSchema(z.object({ ...POLICY, ...BUILD, projects: PROJECTS }), {
      io: 'input',
      unrepresentable: 'any',
    });
    const keys = [...new Set(keysOf(schema))].map(toKebab);
    expect(keys.length).toBeGreaterThan(30);
    expect(missingFrom(text, keys, (key) => [`${key}:`, `\`${key}\``])).toEqual([]);
  });

  test('the example is right', () => {
    expect(parseSettings({ base: example, head: example }).problems).toEqual([]);
  });
});

const Schema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
});

function keysOf(schema: unknown): string[] {
  const { properties = {}, items, anyOf = [] } = Schema.catch({}).parse(schema);
  const inner = [...Object.values(properties), items, ...anyOf].filter((one) => one !== undefined);
  return [...Object.keys(properties), ...inner.flatMap(keysOf)];
}

test('every check of the doctor has its line, and no line has no check', () => {
  const checks = CHECKS.flatMap((group) => group.checks.map(({ id }) => id));
  const [, text = ''] = read('docs/doctor.md').split('## The server');
  expect(matches(text, /^\| `([a-z-]+)`/gm)).toEqual(checks);
});

test('every route of the API has its line, and no line has no route; a page needs none', () => {
  const operations: readonly Operation[] = Object.values(OPERATIONS);
  const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
  const routes = operations.map(nameOf);
  const pages = operations.filter(({ answers }) => answers[200] === 'page').map(nameOf);
  const listed = matches(read('docs/api.md'), /^\| `([A-Z]+ \/[^`]*)`/gm);
  const known = [...listed, 'GET /api/v1/openapi.json'];
  expect(routes.filter((route) => !known.includes(route) && !pages.includes(route))).toEqual([]);
  const intakes = ['github', 'gitlab', 'bitbucket'].map((provider) => `POST /api/${provider}/webhooks`);
  expect(known.filter((line) => ![...routes, ...intakes].includes(line))).toEqual([]);
});

describe('inputs of the Action', () => {
  const text = read('docs/action.md');

  test('every one is shown', () => {
    expect(missingFrom(text, INPUT_NAMES, (name) => [`${name}:`, `\`${name}\``])).toEqual([]);
  });

  test.each(['docs/action.md', 'README.md'])('%s shows no other', (file) => {
    const blocks = matches(read(file), /```yaml\n([^]*?)```/g).map((block): unknown => parse(block));
    const given = blocks.flatMap(stepsIn).filter(({ uses }) => uses?.includes('/preview-action@'));
    expect(given.length).toBeGreaterThan(0);
    const inputs = given.flatMap((step) => Object.keys(step.with ?? {}));
    expect(inputs.filter((name) => !INPUT_NAMES.some((known) => known === name))).toEqual([]);
  });
});

const Step = z.object({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).nullish() });
type Step = z.infer<typeof Step>;

/** Wherever they are: some blocks are whole workflows, some only their steps. */
function stepsIn(value: unknown): Step[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(stepsIn);
  return 'uses' in value ? [Step.parse(value), ...inner] : inner;
}
