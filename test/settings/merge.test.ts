import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SettingsProblem } from '../../src/settings/problem.js';
import { parseSettings } from '../../src/settings/settings.js';
import { ACCESS_MODES } from '../../src/shared/preview-access.js';

const MODES: readonly string[] = ACCESS_MODES;

const lines = (problems: readonly SettingsProblem[]) =>
  problems.map(({ level, file, line, message }) => `${level} ${file}:${String(line)} ${message}`);

test('the commit decides how to build, the default branch decides the rest', () => {
  const { settings, problems } = parseSettings({
    base: 'access: password\nbuild: old\noutput: old',
    head: 'access: password\nbuild: new',
  });
  expect(settings).toMatchObject({ access: 'password', build: { build: 'new', output: null } });
  expect(problems).toEqual([]);
});

test('a pull request cannot widen itself: what it says is ignored and named', () => {
  const { settings, problems } = parseSettings({
    base: 'limits: { ttl: 2d, environments: 3 }',
    head: [
      'triggers:',
      '  forks: approve',
      'access: public',
      'limits:',
      '  ttl: 30d',
      '  environments: 2',
      'resources:',
      '  memory: 4g',
      'target: elsewhere',
    ].join('\n'),
  });
  expect(settings).toMatchObject({
    triggers: { forks: 'deny' },
    limits: { ttl: '2d', environments: 2 },
    resources: { memory: 512 * 1024 ** 2 },
    target: null,
  });
  expect(lines(problems)).toEqual([
    'note head:1 triggers is read from the default branch only; it takes effect once this is merged',
    'note head:9 target is read from the default branch only; it takes effect once this is merged',
    'note head:5 limits.ttl cannot be raised by a pull request; the default branch decides',
    'note head:8 resources.memory cannot be raised by a pull request; the default branch decides',
  ]);
});

test('a pull request may ask for a stricter access, and never for a looser one', () => {
  const merged = (base: string, head: string | null | undefined) => {
    const { settings, problems, askedAccess } = parseSettings({ base, head });
    return [settings.access, askedAccess, lines(problems)];
  };
  expect(merged('', 'access: password')).toEqual(['password', 'password', []]);
  expect(merged('access: password', 'access: github')).toEqual(['github', 'github', []]);
  expect(merged('access: github', 'access: password')).toEqual([
    'github',
    'password',
    ['note head:1 access cannot be loosened by a pull request; the default branch says github'],
  ]);
  // What cannot be read asks for nothing.
  expect(merged('access: password', 'access: open').slice(0, 2)).toEqual(['password', null]);
  expect(merged('access: github', null)).toEqual(['github', null, []]);
  expect(merged('access: github', undefined)).toEqual(['github', undefined, []]);
});

test('a pull request may let its preview sleep sooner, and not keep it awake', () => {
  const sleepAfter = (base: string, head: string) =>
    parseSettings({
      base: `limits: { sleep-after: ${base} }`,
      head: `limits: { sleep-after: ${head} }`,
    }).settings.limits.sleepAfter;
  expect(sleepAfter('1h', '5m')).toBe('5m');
  expect(sleepAfter('never', '2d')).toBe('2d');
  expect(sleepAfter('1h', 'never')).toBe('1h');
});

test('allowForks and 64g of memory get nothing', () => {
  const { settings, problems } = parseSettings({
    base: '',
    head: 'allowForks: true\nresources: { memory: 64g }',
  });
  expect(settings.triggers.forks).toBe('deny');
  expect(settings.resources.memory).toBe(512 * 1024 ** 2);
  expect(lines(problems)).toEqual([
    'error head:1 "allowForks" is not a known key; remove it',
    'note head:2 resources.memory must be a size such as "512m", from 16m to 8g (ignored until it is merged)',
  ]);
});

test('a pull request may ask for less', () => {
  const { settings, problems } = parseSettings({
    base: undefined,
    head: 'limits: { ttl: 90m, files: 10 }\nresources: { memory: 64m, cpu: 0.1 }',
  });
  expect(settings).toMatchObject({
    limits: { ttl: '90m', files: 10, environments: 20 },
    resources: { memory: 64 * 1024 ** 2, cpu: 0.1 },
  });
  expect(problems).toEqual([]);
});

test.each([
  ['was not read', undefined, 'make'],
  ['does not exist in the commit', null, null],
  ['is the same', 'build: make\nport: 0', 'make'],
] as const)('when the file %s, the build is %s -> %s', (_, head, expected) => {
  const { settings, problems } = parseSettings({ base: 'build: make\nport: 0', head });
  expect(settings.build.build).toBe(expected);
  expect(problems.map(({ file }) => file)).toEqual(head === null ? [] : ['base']);
});

test('a mistake is told once: where it decides', () => {
  const { problems } = parseSettings({
    base: 'access: open\nport: 0\nnonsense: 1',
    head: 'access: open\nport: 1\nnonsense: 1\nbuild: x',
  });
  expect(lines(problems)).toEqual([
    'error base:3 "nonsense" is not a known key; remove it',
    'error base:1 access must be one of public, password, github, not "open"',
    'error head:3 "nonsense" is not a known key; remove it',
    'error head:2 port must be a port without quotes: 80, 443 or a number from 1024 to 65535',
  ]);
});

test('the default branch says which projects there are, the commit how each is built', () => {
  const { settings, problems } = parseSettings({
    base: 'projects:\n  - { name: web, paths: [web/**], build: old }\n  - { name: docs, build: docs }',
    head: 'install: ci\nprojects:\n  - { name: web, paths: ["**"], build: new }\n  - name: mine',
  });
  expect(settings.projects).toMatchObject([
    { name: 'web', paths: ['web/**'], build: { build: 'new', install: 'ci' } },
    { name: 'docs', build: { build: 'docs', install: 'ci' } },
  ]);
  expect(lines(problems)).toEqual(['note head:4 a new project gets its previews once this is merged']);
});

const MISTAKEN =
  'projects:\n  - { name: web, paths: [web/**], port: 0, env: { 1A: x } }\n  - { name: docs, build: x }';

test('a mistake in how the default branch builds a project does not stop the commit that mends it', () => {
  const head = 'projects:\n  - { name: web, port: 3000 }\n  - { name: docs, build: y }';
  const { settings, problems } = parseSettings({ base: MISTAKEN, head });
  expect(problems).toEqual([]);
  expect(settings.projects).toMatchObject([
    { name: 'web', paths: ['web/**'], build: { port: 3_000 } },
    { name: 'docs', build: { build: 'y' } },
  ]);
});

test.each([
  ['names another project only', 'projects:\n  - { name: docs, build: y }'],
  ['has no file', null],
  ['was not read', undefined],
  ['has the same mistake', MISTAKEN.replace('build: x', 'build: y')],
])('such a mistake stops a commit that %s', (_, head) => {
  const { problems } = parseSettings({ base: MISTAKEN, head });
  expect(problems.map(({ level, message }) => `${level} ${message}`)).toEqual([
    expect.stringMatching(/^error projects\[1\].port must be/),
    expect.stringMatching(/^error projects\[1\].env/),
  ]);
});

test('a mistake in what the default branch decides of a project stops every commit', () => {
  const head = 'projects:\n  - name: web';
  for (const base of ['projects:\n  - { name: web, paths: x }', 'projects:\n  - { name: web, rot: x }'])
    expect(parseSettings({ base, head }).problems[0]).toMatchObject({ level: 'error', file: 'base' });
});

test('whatever a pull request writes, its policy is never wider than that of the default branch', () => {
  const size = fc.integer({ min: 1, max: 9_000 }).map((n) => `${String(n)}m`);
  const file = fc.record({
    forks: fc.constantFrom('deny', 'approve'),
    access: fc.constantFrom('public', 'password', 'github'),
    ttl: fc.integer({ min: 0, max: 400 }).map((n) => `${String(n)}d`),
    memory: size,
    environments: fc.integer({ min: -1, max: 120 }),
  });
  const text = (of: { forks: string; access: string; ttl: string; memory: string; environments: number }) =>
    `triggers: { forks: ${of.forks} }\naccess: ${of.access}\nlimits: { ttl: ${of.ttl}, environments: ${String(of.environments)} }\nresources: { memory: ${of.memory} }`;
  fc.assert(
    fc.property(file, file, (ours, theirs) => {
      const alone = parseSettings({ base: text(ours) }).settings;
      const both = parseSettings({ base: text(ours), head: text(theirs) }).settings;
      return (
        MODES.indexOf(both.access) >= MODES.indexOf(alone.access) &&
        both.triggers.forks === alone.triggers.forks &&
        parseInt(both.limits.ttl) <= parseInt(alone.limits.ttl) &&
        both.limits.environments <= alone.limits.environments &&
        both.resources.memory <= alone.resources.memory
      );
    }),
  );
});
