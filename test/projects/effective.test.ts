import { expect, test } from '@jest/globals';
import { effectiveSettings } from '../../src/projects/effective.js';
import { beneathFile, type KeptProjectSettings, patchSettings } from '../../src/projects/settings.js';
import { parseSettings } from '../../src/settings/settings.js';

const effective = (file: string | null, settings: KeptProjectSettings = {}) =>
  effectiveSettings({ project: { name: 'web', settings }, file, defaultBranch: 'main' });

test('the file comes before the settings of the project, and those before the defaults', () => {
  const file = 'limits:\n  ttl: 3d\nbuild: npm run build\n';
  const { values, problems } = effective(file, {
    limits: { ttl: '9d', environments: 5 },
    build: 'make',
    output: 'public',
  });
  expect(problems).toEqual([]);
  expect(values).toMatchObject({
    'limits.ttl': { value: '3d', origin: 'file' },
    'limits.environments': { value: 5, origin: 'project' },
    'limits.running': { value: 20, origin: 'default' },
    build: { value: 'npm run build', origin: 'file' },
    output: { value: 'public', origin: 'project' },
    install: { value: null, origin: 'default' },
    branch: { value: 'main', origin: 'default' },
  });
});

test('what the file says of this project comes before what it says of all', () => {
  const file =
    'build: make\noutput: all\nprojects:\n  - name: web\n    root: apps/web\n    build: make web\n  - name: docs\n    output: docs\n';
  const { values } = effective(file, { root: 'elsewhere', paths: ['apps/web/**'] });
  expect(values).toMatchObject({
    build: { value: 'make web', origin: 'file' },
    output: { value: 'all', origin: 'file' },
    root: { value: 'apps/web', origin: 'file' },
    paths: { value: ['apps/web/**'], origin: 'project' },
  });
});

test('a target of the file takes the place of the whole target of the project, options included', () => {
  const settings = { target: { name: 'static', options: { spa: true } } };
  expect(effective(null, settings).values['target']).toEqual({
    value: { name: 'static', options: { spa: true } },
    origin: 'project',
  });
  expect(effective('target: command\n', settings).values['target']).toEqual({
    value: { name: 'command', options: {} },
    origin: 'file',
  });
});

test('a group with a mistake in the file counts with its defaults, and the mistake is named with its line', () => {
  const { values, problems } = effective('limits:\n  ttl: soon\n', { limits: { environments: 5 } });
  expect(values['limits.environments']).toEqual({ value: 20, origin: 'default' });
  expect(problems).toEqual([{ line: 2, message: expect.stringMatching(/^limits.ttl must be a time/) }]);
});

test('the values of variables are never among the settings', () => {
  const { values } = effective('env:\n  API_KEY: hunter2\n');
  expect(JSON.stringify(values)).not.toContain('hunter2');
});

test('the head of a pull request decides how it is built, before the settings of the project do', () => {
  const kept = beneathFile({
    name: 'web',
    settings: { build: 'make', output: 'out', limits: { ttl: '2d' } },
  });
  const base = 'projects:\n  - name: web\n';
  const head = 'limits:\n  ttl: 1d\nprojects:\n  - name: web\n    build: npm run build\n';
  const { settings } = parseSettings({ base, head, kept });
  expect(settings.limits.ttl).toBe('1d');
  expect(settings.projects[0]?.build).toMatchObject({ build: 'npm run build', output: 'out' });
  expect(parseSettings({ base, head: head.replace('1d', '5d'), kept }).settings.limits.ttl).toBe('2d');
});

test('projects that people added are there besides those of the file', () => {
  const kept = beneathFile({ name: 'admin', settings: { root: 'apps/admin', build: 'make' } });
  const { settings } = parseSettings({ base: 'projects:\n  - name: web\n', added: ['admin'], kept });
  expect(settings.projects).toMatchObject([
    { name: 'web', root: '.' },
    { name: 'admin', root: 'apps/admin', build: { build: 'make' } },
  ]);
});

test('a change is merged into the settings, and null takes a value away', () => {
  const stored = { build: 'make', limits: { ttl: '2d', environments: 3 } };
  const patch = { build: null, limits: { ttl: null, running: 2 }, port: 8080 };
  expect(patchSettings(stored, patch)).toEqual({ limits: { environments: 3, running: 2 }, port: 8080 });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['a wrong port', { port: '80' }, /^settings\.port must be a port without quotes/],
  ['a time', { limits: { ttl: 'soon' } }, /^settings\.limits\.ttl must be a time such as 90m/],
  ['a number', { limits: { environments: 0 } }, /^settings\.limits\.environments must be at least 1/],
  ['a word', { limits: { whenFull: 'wait' } }, /whenFull must be one of reject, queue, evict-idle/],
  ['a folder outside', { root: '../x' }, /^settings\.root must be a path inside the repository/],
  ['a branch', { branch: 'a b' }, /^settings\.branch must be the name of a branch/],
  [
    'a pattern of branches',
    { autoDeployBranches: ['main', 'x..y'] },
    /autoDeployBranches\.1 must be the name/,
  ],
  ['a command that is a list', { build: ['make'] }, /^settings\.build must be text/],
  ['a key with a typing error', { prot: 80 }, /^settings\.prot is not a known setting: did you mean port\?/],
  ['a key inside a group', { limits: { tll: '1d' } }, /settings\.limits\.tll is not a known setting/],
  ['variables', { env: { A: 'b' } }, /^settings\.env is not a known setting/],
  ['a prototype', JSON.parse('{"__proto__":{"x":1}}'), /is not a known setting/],
])('%s is refused with the field and the remedy', (_what, patch, message) => {
  expect(() => patchSettings({ build: 'make' }, patch)).toThrow(message);
});
