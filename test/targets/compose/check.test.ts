import { expect, test } from '@jest/globals';
import { checkCompose } from '../../../src/targets/compose/check.js';
import {
  expectRefused,
  HIDING_PLACES,
  REFUSED_KEYS,
  REFUSED_TOP_KEYS,
  REFUSED_VALUES,
} from './refused-corpus.js';

const NOTHING = { variables: {}, secrets: {} };

const problemsOf = (file: string, scope = NOTHING) => checkCompose(file, scope).problems;

const modelOf = (file: string, scope: Parameters<typeof checkCompose>[1] = NOTHING) => {
  const { model, problems } = checkCompose(file, scope);
  if (!model) throw new Error(JSON.stringify(problems));
  return model;
};

const webOf = (keys: string, scope: Parameters<typeof checkCompose>[1] = NOTHING) => {
  const service = modelOf(
    `services:\n  web:\n    image: web:1\n${keys.replace(/^/gm, '    ')}\nvolumes: { data: }\n`,
    scope,
  ).services.get('web');
  if (!service) throw new Error('no service');
  return service;
};

test.each(REFUSED_KEYS)(
  'a service with %s is refused with its line, wherever the key is hidden',
  (key, value) => {
    for (const hide of HIDING_PLACES) expectRefused(hide(key, value), key);
  },
);

test.each(REFUSED_TOP_KEYS)('%s beside the services is refused with its line', (key, value) => {
  expectRefused(`services: { web: { image: "web:1" } }\n${key}: ${value}\n`, key);
});

test.each(REFUSED_VALUES)('%s is refused', (_what, file, line, message) => {
  expect(problemsOf(file)).toContainEqual({ line, message: expect.stringMatching(message) });
});

test('a key that this server does not know is refused, also one that Compose adds later', () => {
  expect(problemsOf('services:\n  web:\n    image: web:1\n    new_power: true\n')).toEqual([
    { line: 4, message: 'services.web.new_power is not a key that a preview may use; remove it' },
  ]);
});

test('all problems are told at once, in the order of their lines', () => {
  const file = 'services:\n  web:\n    image: web:1\n    privileged: true\n    pid: host\nsecrets: {}\n';
  expect(problemsOf(file).map(({ line }) => line)).toEqual([4, 5, 6]);
});

test('short and long forms of one thing are one thing', () => {
  const pairs = [
    [
      'ports: ["8080:80", "127.0.0.1:9000:81/tcp", 82, "53:53/udp"]',
      'ports: [{ target: 80, published: "8080" }, { target: 81, host_ip: 127.0.0.1 }, { target: "82" }, { target: 53, protocol: udp }]',
    ],
    [
      'volumes: ["data:/data:ro", "/cache"]',
      'volumes: [{ type: volume, source: data, target: /data, read_only: true }, { type: volume, target: /cache }]',
    ],
    ['environment: ["A=1", "B=x=y", "C=1.10"]', 'environment: { A: 1, B: x=y, C: 1.10 }'],
    ['tmpfs: "/run:size=16m"', 'volumes: [{ type: tmpfs, target: /run, tmpfs: { size: 16777216 } }]'],
    [
      'mem_limit: 64m\ncpus: "0.5"\npids_limit: 20',
      'deploy: { resources: { limits: { memory: 64m, cpus: 0.5, pids: 20 } } }',
    ],
    [
      'healthcheck: { test: curl localhost, interval: 1m30s }',
      'healthcheck: { test: [CMD-SHELL, curl localhost], interval: 90s }',
    ],
    ['expose: ["3000-3002"]', 'ports: ["3000-3002"]'],
    ['init: true', 'init: "true"'],
  ];
  const withoutLines = (keys = '') =>
    JSON.parse(JSON.stringify(webOf(keys)).replace(/"line":\d+/g, '"line":0')) as unknown;
  for (const [short, long] of pairs) expect(withoutLines(long)).toEqual(withoutLines(short));
});

test('depends_on may be a list or a group, and names services of the file', () => {
  const file = (dependsOn: string) =>
    `services:\n  web: { image: "web:1", depends_on: ${dependsOn} }\n  db: { image: "db:1" }\n`;
  const of = (dependsOn: string) => modelOf(file(dependsOn)).services.get('web')?.dependsOn;
  expect(of('[db]')).toEqual(of('{ db: { condition: service_started } }'));
  expect(of('{ db: { condition: service_healthy, restart: true } }')).toMatchObject([
    { condition: 'service_healthy', restart: true },
  ]);
  expect(problemsOf(file('[cache]'))).toMatchObject([
    { line: 2, message: expect.stringContaining('"cache"') },
  ]);
  expect(problemsOf(file('[web]'))).toMatchObject([
    { line: 2, message: expect.stringContaining('waits for itself') },
  ]);
});

test('anchors, aliases and merge keys are written out as YAML says', () => {
  const file = `
x-base: &base
  image: base:1
  environment: &env { A: "1", B: "1" }
services:
  one: { <<: *base, working_dir: /one }
  two:
    <<: [{ image: "two:1" }, *base]
    environment: { <<: *env, B: "2" }
`;
  const { services } = modelOf(file);
  expect(services.get('one')).toMatchObject({ image: 'base:1', workingDir: '/one' });
  expect(services.get('two')).toMatchObject({ image: 'two:1' });
  expect(new Map(services.get('two')?.environment)).toEqual(
    new Map([
      ['A', '1'],
      ['B', '2'],
    ]),
  );
});

test.each([
  ['an anchor that holds itself', 'services: &all\n  web: *all\n', /nests deeper/],
  ['aliases of aliases without an end', bomb(), /20,000 values/],
  ['thousands of brackets', `services: ${'['.repeat(5_000)}`, /nests deeper/],
  ['a key twice', 'services:\n  web: { image: a, image: b }\n', /twice/],
  ['a tag', 'services:\n  web: !override { image: a }\n', /tag/],
  ['two documents', 'services: {}\n---\nservices: {}\n', /several documents/],
  ['a file that is not text', 'services: \0', /UTF-8/],
  ['a list', '- web\n', /list of keys/],
  ['no services', 'name: shop\n', /no services/],
  ['an alias without its anchor', 'services: { web: *none }\n', /alias/],
])('%s is refused', (_what, file, message) => {
  expect(problemsOf(file)).toMatchObject([{ message: expect.stringMatching(message) }]);
});

function bomb(): string {
  const rows = Array.from(
    { length: 8 },
    (_, row) => `x-${row + 1}: &a${row + 1} [${Array(10).fill(`*a${row}`).join(', ')}]`,
  );
  return ['x-0: &a0 [1]', ...rows, 'services: { web: { image: a, command: *a8 } }'].join('\n');
}

const SCOPE = {
  variables: { TAG: '2', EMPTY: '', PREVIEW_URL: 'https://pr-1.example' },
  secrets: { KEY: 'k$y' },
};

test.each([
  ['$TAG', '2'],
  ['v${TAG}', 'v2'],
  ['${NONE:-1}', '1'],
  ['${EMPTY:-1}', '1'],
  ['${EMPTY-1}', ''],
  ['${NONE:-${TAG:-3}}', '2'],
  ['${TAG:+yes}', 'yes'],
  ['${NONE+yes}', ''],
  ['${NONE:-{"a":1}}', '{"a":1}'],
  ['$$TAG', '$TAG'],
  ['$NONE', ''],
])('the value %s is filled in as Compose does', (value, expected) => {
  expect(webOf(`command: [${JSON.stringify(value)}]`, SCOPE).command).toEqual([expected]);
});

test('variables come from the preview, never from the environment of the server', () => {
  expect(Object.keys(process.env)).toContain('PATH');
  const { model, notes } = checkCompose('services: { web: { image: "web:${PATH}1" } }', NOTHING);
  expect(model?.services.get('web')?.image).toBe('web:1');
  expect(notes).toMatchObject([{ message: expect.stringContaining('PATH') }]);
});

test.each([['${NONE:?say which}'], ['${TAG'], ['$'], ['${}'], ['${TAG!x}']])(
  'the value %s is refused',
  (value) => {
    expect(
      problemsOf(`services:\n  web:\n    image: web:1\n    command: [${JSON.stringify(value)}]`, SCOPE),
    ).toMatchObject([{ line: 4 }]);
  },
);

test('a secret reaches the environment, by its name or by interpolation, and nothing else', () => {
  const { environment } = webOf('environment: { KEY: , URL: "db://${KEY}@db", PREVIEW_URL: , NONE: }', SCOPE);
  expect(environment).toEqual([
    ['KEY', 'k$y'],
    ['URL', 'db://k$y@db'],
    ['PREVIEW_URL', 'https://pr-1.example'],
  ]);
  expect(webOf('environment: [KEY]', SCOPE).environment).toEqual([['KEY', 'k$y']]);
  const [found] = problemsOf('services:\n  web:\n    image: web:1\n    command: run $KEY\n', SCOPE);
  expect(found).toMatchObject({ line: 4, message: expect.stringContaining('KEY') });
  expect(found?.message).not.toContain('k$y');
});

test('what is interpolated is checked like what is written', () => {
  const file = 'services: { web: { image: "web:1", volumes: ["${SOURCE:-/var/run/docker.sock}:/s"] } }';
  expect(problemsOf(file)).toMatchObject([{ message: expect.stringContaining('path of the machine') }]);
});

test('what has no effect is left out, and told', () => {
  const { notes, model } = checkCompose(
    'version: "3"\nname: shop\nservices:\n  web:\n    image: web:1\n    restart: always\n    networks: [front]\n    labels: { a: b }\nnetworks: { front: { driver: bridge } }\nvolumes: { data: { name: shared } }\n',
    NOTHING,
  );
  expect(model).not.toBeNull();
  expect(notes.map(({ line }) => line)).toEqual([10, 6, 8]);
});
