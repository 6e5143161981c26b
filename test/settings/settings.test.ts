import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { defaultSettings, parseSettings, projectsOf } from '../../src/settings/settings.js';
import { REFUSED } from './refused-texts.js';

test('without a file everything has its default', () => {
  expect(parseSettings({})).toEqual({ settings: defaultSettings(), problems: [] });
  expect(defaultSettings()).toEqual({
    triggers: {
      mode: 'auto',
      drafts: false,
      bots: true,
      forks: 'deny',
      labels: { include: [], exclude: [] },
      branches: { base: [], head: [] },
      paths: { include: [], ignore: [] },
      skipWords: ['[skip preview]', '[preview skip]'],
    },
    limits: {
      environments: 20,
      ttl: '7d',
      environmentsPerUser: 100,
      running: 20,
      runningPerUser: 100,
      whenFull: 'reject',
      sleepAfter: '30m',
      deploysPerHour: 30,
      uploadSize: 1024 ** 3,
      fileSize: 100 * 1024 ** 2,
      files: 50_000,
    },
    access: 'public',
    secrets: [],
    resources: { memory: 512 * 1024 ** 2, cpu: 0.5 },
    report: {
      comment: true,
      check: true,
      deployment: true,
      commitStatus: false,
      githubEnvironment: 'preview',
    },
    target: null,
    build: {
      install: null,
      build: null,
      output: null,
      start: null,
      port: null,
      hooks: { created: null, deployed: null, destroyed: null },
      workingDirectory: '.',
      healthPath: '/',
      healthTimeout: '10s',
      healthStatus: '200-399',
      spa: false,
      env: {},
      image: null,
      dockerfile: null,
      services: [],
    },
    projects: [],
  });
});

test.each([
  ['a comment only', '# nothing yet\n'],
  ['a byte-order mark', '\ufeff'],
  ['groups with nothing in them', 'triggers:\nlimits:\nbuild:\nprojects:\n'],
  ['an empty document', '---\n'],
])('%s is as good as no file', (_, text) => {
  expect(parseSettings({ base: text })).toEqual({ settings: defaultSettings(), problems: [] });
});

const FULL = `
triggers:
  mode: label
  drafts: true
  forks: approve
  labels: { include: [preview, demo], exclude: [wip] }
  branches: { base: [main, 'release/*'], head: ['!dependabot/**'] }
  paths: { ignore: ['docs/**'] }
  skip-words: ['[nope]']
limits: { ttl: 12h, environments: 5, upload-size: 200m }
access: github
secrets: [API_KEY]
report: { commit-status: true, github-environment: per-pull-request }
target: { name: container, options: { keepAlive: { x-y: 1 } } }
install: npm ci
build: |
  npm run build
  npm run docs
output: ./dist/
port: 8080
hooks: { created: npm run seed, destroyed: null }
health-path: /healthz?full=1
health-timeout: 5s
health-status: [200, 401-403]
working-directory: packages/web/
spa: true
image: ghcr.io:443/acme/web:1.2
env: { FEATURE_X: true, RETRIES: 3, GREETING: "hi $(id)" }
services: { db: postgres:16.4, my-cache: redis:7-alpine }
`;

test('every key of the file arrives under its name in code', () => {
  const { settings, problems } = parseSettings({ base: FULL });
  expect(problems).toEqual([]);
  expect(settings).toMatchObject({
    triggers: {
      mode: 'label',
      drafts: true,
      forks: 'approve',
      labels: { include: ['preview', 'demo'], exclude: ['wip'] },
      branches: { base: ['main', 'release/*'], head: ['!dependabot/**'] },
      paths: { include: [], ignore: ['docs/**'] },
      skipWords: ['[nope]'],
    },
    limits: { ttl: '12h', environments: 5, uploadSize: 200 * 1024 ** 2 },
    access: 'github',
    secrets: ['API_KEY'],
    report: { commitStatus: true, githubEnvironment: 'per-pull-request' },
    target: { name: 'container', options: { keepAlive: { 'x-y': 1 } } },
    build: {
      install: 'npm ci',
      build: 'npm run build\nnpm run docs\n',
      output: 'dist',
      port: 8080,
      hooks: { created: 'npm run seed', deployed: null, destroyed: null },
      healthPath: '/healthz?full=1',
      healthTimeout: '5s',
      healthStatus: '200,401-403',
      workingDirectory: 'packages/web',
      spa: true,
      image: 'ghcr.io:443/acme/web:1.2',
      env: { FEATURE_X: 'true', RETRIES: '3', GREETING: 'hi $(id)' },
      services: [
        { name: 'db', kind: 'postgres', version: '16.4' },
        { name: 'my-cache', kind: 'redis', version: '7-alpine' },
      ],
    },
  });
});

test('the databases of the file take the place of those that the server keeps', () => {
  const kept = { name: 'web', values: { services: { db: 'mysql:8' } } };
  const named = (base: string) =>
    parseSettings({ base, kept }).settings.build.services.map(({ name, kind }) => [name, kind]);
  expect(named('')).toEqual([['db', 'mysql']]);
  expect(named('services: { cache: redis:7 }')).toEqual([['cache', 'redis']]);
});

test.each([
  ['in quotes', `build: "${'['.repeat(60)}"`],
  ['in a script', `build: |\n${'  if [ -f x ]; then echo {a; fi\n'.repeat(60)}`],
  ['in plain text', `build: echo${' a{b'.repeat(60)}`],
  ['in comments', `${'# [{\n'.repeat(60)}build: x`],
])('brackets %s are text, however many there are', (_, base) => {
  expect(parseSettings({ base }).problems).toEqual([]);
});

test.each(['nginx', 'acme/web:1.2-rc', 'a__b/c--d.e_f', 'localhost:5000/x', `a/b@sha256:${'0'.repeat(64)}`])(
  '%s is the name of an image',
  (image) => {
    expect(parseSettings({ base: `image: ${image}` }).problems).toEqual([]);
  },
);

test.each(REFUSED)('%s is refused with its line', (_, text, line, message) => {
  const { problems } = parseSettings({ base: text });
  expect(problems[0]).toMatchObject({ level: 'error', file: 'base', line });
  expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
});

test('one mistake leaves the rest of the file as it is', () => {
  const { settings, problems } = parseSettings({
    base: 'port: 0\nbuild: make\nlimits: { ttl: 1d }\naccess: open',
  });
  expect(problems.map(({ line, column }) => [line, column])).toEqual([
    [4, 1],
    [1, 1],
  ]);
  expect([settings.build.build, settings.limits.ttl, settings.build.port]).toEqual(['make', '1d', null]);
});

test('a message repeats nothing that could mention, link or break a page', () => {
  const { problems } = parseSettings({ base: 'access: "@org/team <img> https://x.y #1 `a`"\n"<b>@x": 1' });
  for (const { message } of problems) expect(message).not.toMatch(/[@<>#`]|:\/\//);
  expect(problems).toHaveLength(2);
});

test('hundreds of mistakes are told in a few lines', () => {
  const text = `secrets: [${Array.from({ length: 200 }, () => '"1"').join(',')}]`;
  expect(parseSettings({ base: text }).problems.length).toBeLessThanOrEqual(20);
});

test.each(['acme/hello', 'hello'])(
  'without a list, %s is one project that is named after it',
  (repository) => {
    const settings = defaultSettings();
    expect(projectsOf(settings, repository)).toEqual([
      { name: 'hello', root: '.', paths: [], build: settings.build },
    ]);
  },
);

test('projects share the keys above them and may differ', () => {
  const text = `
install: npm ci
env: { A: all, B: all }
projects:
  - name: web
    root: packages/web
    paths: ['packages/web/**']
    output: out
    env: { B: web }
  - name: docs
    install: make deps`;
  const { settings, problems } = parseSettings({ base: text });
  expect(problems).toEqual([]);
  expect(projectsOf(settings, 'acme/mono')).toMatchObject([
    {
      name: 'web',
      root: 'packages/web',
      paths: ['packages/web/**'],
      build: { install: 'npm ci', output: 'out', env: { A: 'all', B: 'web' } },
    },
    {
      name: 'docs',
      root: '.',
      paths: [],
      build: { install: 'make deps', output: null, env: { A: 'all', B: 'all' } },
    },
  ]);
});

const words = fc.constantFrom(
  ...[
    'triggers',
    'limits',
    'build',
    'env',
    'ttl',
    'projects',
    'name',
    '__proto__',
    'constructor',
    ': ',
    '- ',
    '\n',
  ],
  ...[
    '  ',
    '\t',
    '[',
    ']',
    '{',
    '}',
    '*a',
    '&a',
    '!!set',
    '"',
    "'",
    '|',
    '#',
    '\0',
    '\ufeff',
    '1d',
    '~',
    '? ',
    '---\n',
  ],
);
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
  fc.json(),
);

test('no text whatever makes it throw, and what comes out can be stored and deployed by', () => {
  fc.assert(
    fc.property(anyText, fc.option(anyText, { nil: undefined }), (base, head) => {
      const { settings, problems } = parseSettings({ base, head });
      const valid = problems.every(({ line, column, message }) => line >= 1 && column >= 1 && message !== '');
      return valid && settings.limits.environments >= 1 && JSON.stringify(settings).length > 0;
    }),
    { numRuns: 600 },
  );
});
