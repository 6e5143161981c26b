import { expect, test } from '@jest/globals';
import { effectiveFile } from '../../src/projects/effective-file.js';
import { effectiveSettings } from '../../src/projects/effective.js';
import {
  fieldOf,
  readTyped,
  sentenceFor,
  settingFields,
  sizeText,
  typedOf,
  valueAt,
} from '../../src/projects/form.js';
import { type KeptProjectSettings, tryPatch } from '../../src/projects/settings.js';
import { parseSettings } from '../../src/settings/settings.js';

const project = (settings: KeptProjectSettings) => ({ name: 'web', settings });
const effective = (settings: KeptProjectSettings, file: string | null = null) =>
  effectiveSettings({ project: project(settings), file, defaultBranch: 'main' }).values;

/** One of every kind. */
const SETTINGS: KeptProjectSettings = {
  triggers: { mode: 'label', drafts: true, branches: { base: ['main', 'release/*'] } },
  limits: { ttl: '3d', environments: 5, uploadSize: '512m' },
  resources: { memory: '1g', cpu: 0.5 },
  target: { name: 'docker', options: { network: 'own' } },
  build: 'npm ci &&\nnpm run build',
  output: 'dist',
  services: { 'main-db': 'postgres:16' },
  healthStatus: '200-299',
  autoDeployBranches: ['main'],
};

test('every setting has one field', () => {
  const paths = settingFields().map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths).toEqual(
    expect.arrayContaining(Object.keys(effective({})).filter((path) => path !== 'secrets')),
  );
  const kinds = Object.fromEntries(settingFields().map(({ path, kind }) => [path, kind]));
  expect(kinds).toMatchObject({
    ...{
      'limits.environments': 'number',
      port: 'number',
      'limits.ttl': 'text',
      'triggers.mode': 'choice',
      spa: 'choice',
    },
    ...{ 'triggers.paths.include': 'lines', target: 'yaml', services: 'yaml', build: 'text' },
  });
});

test('what is stored and shown reads as it was, however browsers end lines', () => {
  const typed = Object.fromEntries(
    settingFields().map((field) => [
      field.path,
      typedOf(field, valueAt(SETTINGS, field.path.split('.'))).replaceAll('\n', '\r\n'),
    ]),
  );
  const { patch, problems } = readTyped(typed, SETTINGS);
  expect(problems).toEqual([]);
  expect(tryPatch({}, patch)).toEqual({ settings: SETTINGS, problems: [] });
});

test('an empty field takes a value away, and says nothing where there is none', () => {
  const { patch } = readTyped({ output: ' ', build: '', 'limits.ttl': '' }, { output: 'dist' });
  expect(patch).toEqual({ output: null });
  expect(tryPatch({ output: 'dist' }, patch).settings).toEqual({});
});

test('what is wrong is told with its setting', () => {
  const typed = {
    ...{ 'limits.environments': 'many', 'limits.ttl': 'soon', port: '22', output: '../x' },
    ...{ target: 'a: [', 'triggers.mode': 'sometimes' },
  };
  const { patch, problems } = readTyped(typed, {});
  const all = [...problems, ...tryPatch({}, patch).problems];
  const byField = Object.fromEntries(all.map(({ path, problem }) => [fieldOf(path)?.label, problem]));
  expect(byField).toEqual({
    'limits.environments': expect.stringContaining('must be a'),
    'limits.ttl': expect.stringContaining('must be a time'),
    port: expect.stringContaining('must be a port'),
    output: expect.stringContaining('must be a path inside the repository'),
    target: expect.stringContaining('cannot be read as YAML'),
    'triggers.mode': expect.stringContaining('auto'),
  });
});

test('a sentence beside a field does not speak of quotes', () => {
  const port = { label: 'port' };
  expect(sentenceFor(port, 'must be a number, without quotes')).toBe('port must be a number');
});

test('the field of a part is the field that holds it', () => {
  expect(fieldOf('target.options.network')?.path).toBe('target');
  expect(fieldOf('limits')?.path).toMatch(/^limits\./);
  expect(fieldOf('nothing')).toBeUndefined();
});

test.each([
  [1_024 ** 3, '1g'],
  [1_536 * 1_024 ** 2, '1536m'],
  [2_048, '2k'],
])('%d bytes are written as %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

test('the effective file says what counts and where it comes from, and reads as the same settings', () => {
  const file = 'limits:\n  ttl: 9d\n';
  const text = effectiveFile(effective(SETTINGS, file), project(SETTINGS));
  expect(text).toContain('ttl: 9d # from the file\n');
  expect(text).toContain('environments: 5 # set here\n');
  expect(text).toContain('upload-size: 512m # set here\n');
  expect(text).toContain('drafts: true # set here\n');
  expect(text).toContain('comment: true # default\n');
  expect(text).not.toMatch(/auto-deploy|: null/);
  const { settings, problems } = parseSettings({ base: text, head: text });
  expect(problems).toEqual([]);
  const kept = { name: 'web', values: { ...SETTINGS, autoDeployBranches: undefined } };
  const { settings: counted } = parseSettings({ base: file, head: file, kept });
  expect(settings).toEqual(counted);
});

test('where the project is stands in the list of projects of the file', () => {
  const settings = { root: 'apps/web', paths: ['apps/web/**'] };
  const text = effectiveFile(effective(settings), project(settings));
  expect(parseSettings({ base: text, head: text }).settings.projects).toMatchObject([
    { name: 'web', root: 'apps/web', paths: ['apps/web/**'] },
  ]);
});
