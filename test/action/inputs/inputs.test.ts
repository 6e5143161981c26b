import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { parseInputs } from '../../../action/inputs/inputs.js';
import { envNameOf, INPUT_NAMES } from '../../../action/inputs/names.js';
import { unknownInputs } from '../../../action/inputs/unknown.js';
import { OUTPUT_NAMES } from '../../../action/result/conclude.js';

interface Manifest {
  readonly runs: { readonly using: string; readonly main: string };
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

const MANIFEST = parse(readFileSync(join(import.meta.dirname, '../../../action.yml'), 'utf8')) as Manifest;

function lines(count: number, prefix = 'A'): string {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index)}=x`).join('\n');
}

function read(given: Readonly<Record<string, string>>) {
  return parseInputs(
    Object.fromEntries(Object.entries(given).map(([name, value]) => [envNameOf(name), value])),
  );
}

test('action.yml names the inputs that are read, in their order', () => {
  expect(Object.keys(MANIFEST.inputs)).toEqual([...INPUT_NAMES]);
});

test('action.yml names the outputs that are set, in their order', () => {
  expect(Object.keys(MANIFEST.outputs)).toEqual([...OUTPUT_NAMES]);
});

test('action.yml runs the bundle on node24 and explains every input and output', () => {
  expect(MANIFEST.runs).toEqual({ using: 'node24', main: 'dist/index.js' });
  for (const { description } of [...Object.values(MANIFEST.inputs), ...Object.values(MANIFEST.outputs)]) {
    expect(description.length).toBeGreaterThan(15);
  }
});

test('the defaults of action.yml are the defaults of the program', () => {
  const defaults = Object.entries(MANIFEST.inputs).map(
    ([name, input]) => [name, input.default ?? ''] as const,
  );
  const { githubToken, ...rest } = read(Object.fromEntries(defaults));
  expect(githubToken).toBe('${{ github.token }}');
  expect({ ...rest, githubToken: '' }).toEqual(read({}));
});

test.each([
  ['action', 'deploy', { action: 'deploy' }],
  ['server-url', 'https://preview.example.com/', { serverUrl: 'https://preview.example.com' }],
  ['server-url', ' http://localhost:3000 ', { serverUrl: 'http://localhost:3000' }],
  ['server-url', 'https://x.example/previews/?a=1#b', { serverUrl: 'https://x.example/previews' }],
  ['url', 'https://x.example', { url: 'https://x.example' }],
  ['url', 'https://x.example/pr-7/', { url: 'https://x.example/pr-7/' }],
  ['url', 'https://x.example/?path=/docs/', { url: 'https://x.example/?path=/docs/' }],
  ['url', 'https://x.example/#/', { url: 'https://x.example/#/' }],
  ['url', 'https://x.example/a?b=1|2', { url: 'https://x.example/a?b=1%7C2' }],
  ['prebuilt', 'true', { prebuilt: true }],
  ['comment', 'false', { comment: false }],
  ['wait-timeout', '90s', { waitTimeoutMs: 90_000 }],
  ['wait-timeout', '5m', { waitTimeoutMs: 300_000 }],
  ['pr-number', '42', { prNumber: 42 }],
  ['health-path', '/up?x=1', { healthPath: '/up?x=1' }],
  ['health-timeout', '5s', { healthTimeoutMs: 5_000 }],
  ['health-status', '200-299, 401', { healthStatus: '200-299,401' }],
  ['output-dir', 'packages/web/dist', { outputDir: 'packages/web/dist' }],
  ['env', 'A=1\n# no\nB=$(id)', { env: { A: '1', B: '$(id)' } }],
  ['secrets', 'KEY="two\nlines"', { secrets: { KEY: 'two\nlines' } }],
  ['build-env', 'A=x=y', { buildEnv: { A: 'x=y' } }],
  ['port', '4000', { port: 4_000 }],
  ['node-version', '>=20 <23', { nodeVersion: '>=20 <23' }],
  ['image', 'ghcr.io/acme/shop:1@sha256:0', { image: 'ghcr.io/acme/shop:1@sha256:0' }],
  ['cache', 'gha', { cache: 'type=gha' }],
  ['cache', 'ghcr.io/acme/shop:cache', { cache: 'type=registry,ref=ghcr.io/acme/shop:cache' }],
  ['cache', 'type=gha,scope=web', { cache: 'type=gha,scope=web' }],
  ['cache', 'false', { cache: null }],
  ['registry-auth', 'me:a:b=c', { registryAuth: [{ host: null, username: 'me', password: 'a:b=c' }] }],
  [
    'registry-auth',
    'ghcr.io=me:one\n\nlocalhost:5000=you:two',
    {
      registryAuth: [
        { host: 'ghcr.io', username: 'me', password: 'one' },
        { host: 'localhost:5000', username: 'you', password: 'two' },
      ],
    },
  ],
  ['install-command', ' npm ci && echo ok ', { installCommand: 'npm ci && echo ok' }],
])('%s: %j is understood', (name, value, expected) => {
  expect(read({ [name]: value })).toMatchObject(expected);
});

test.each([
  ['action', 'delete', 'must be one of auto, deploy, destroy, resolve, none, not "delete"'],
  ['server-url', 'preview.example.com', 'must be a URL such as https://'],
  ['server-url', 'ftp://x', 'must be a URL such as https://'],
  ['url', 'https://me:pw@x.example', 'must not contain a user name or password'],
  ['prebuilt', 'yes', 'must be true or false, not "yes"'],
  ['prebuilt', 'True', 'must be true or false, not "True"'],
  ['wait-timeout', '0', 'must be a time from 1s to 60m'],
  ['wait-timeout', '2h', 'must be a time from 1s to 60m'],
  ['pr-number', '-1', 'must be a number such as 42'],
  ['pr-number', '007', 'must be a number such as 42'],
  ['health-path', '//evil', 'must be a path that begins with one "/"'],
  ['health-path', '@evil', 'must be a path that begins with one "/"'],
  ['health-path', '/a\tb', 'must be a path that begins with one "/"'],
  ['health-timeout', '5', 'must be a time from 1s to 60s, such as 5s, not "5"'],
  ['health-status', '200-599', 'must be a status or a range from 200 to 499'],
  ['output-dir', '../..', 'must be a path inside the repository'],
  ['output-dir', '/etc', 'must be a path inside the repository'],
  ['working-directory', 'C:\\x', 'must be a path inside the repository'],
  ['dockerfile', '../Dockerfile', 'must be a path inside the repository'],
  ['port', '22', 'must be 80, 443 or a number from 1024'],
  ['node-version', '$(id)', 'must be a version of Node or a range'],
  ['image', '--privileged', 'must be the name or the id of an image'],
  ['cache', 'true', 'must be gha, the name of an image'],
  ['cache', 'type=local,dest=/etc', 'must be gha, the name of an image'],
  ['registry-auth', 'me:one\nsecret-alone', 'line 2 is none'],
  ['build-args', 'PATH=x', 'line 1 steers the machine'],
  ['env', '1A=x', 'line 1 is not a name for a variable'],
  ['env', 'no equals sign', 'line 1 is not a name for a variable'],
  ['env', 'LD_PRELOAD=x', 'line 1 steers the machine'],
  ['env', 'node_options=x', 'line 1 steers the machine'],
  ['env', 'GITHUB_TOKEN=x', 'line 1 steers the machine'],
  ['env', 'ACTIONS_RUNTIME_TOKEN=x', 'line 1 steers the machine'],
  ['env', 'PREVIEW_URL=x', 'is set by every preview itself'],
  ['env', 'A=1\nA=2', 'line 2 gives a name for the second time'],
  ['env', `A=${'x'.repeat(70_000)}`, 'is larger than 64 KiB'],
])('%s: %j is refused with what to write instead', (name, value, words) => {
  expect(() => read({ [name]: value })).toThrow(words);
  expect(() => read({ [name]: value })).toThrow(`The input "${name}" `);
});

test('200 variables fit, all three inputs together', () => {
  expect(Object.keys(read({ env: lines(200) }).env)).toHaveLength(200);
  expect(() => read({ env: lines(201) })).toThrow('line 201 is one more than the 200 variables that fit');
  expect(() =>
    read({ env: lines(100), 'build-env': lines(100, 'B'), secrets: 'ONE=more-than-fits' }),
  ).toThrow('The inputs "env", "build-env" and "secrets" hold 201 variables: at most 200 are allowed.');
});

test('a value of a variable never stands in the complaint about it', () => {
  for (const given of [{ secrets: 'PATH=hunter22' }, { 'registry-auth': 'hunter22' }])
    expect(() => read(given)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter22') }),
    );
});

test.each([
  ['dist-dir', 'it is called "output-dir"'],
  ['token', 'it is called "github-token"'],
])('an input called %s is refused', (name, words) => {
  expect(() => read({ [name]: 'x' })).toThrow(words);
});

test.each(['tarqet', 'constructor', 'version'])(
  'an input called %s is named, and refuses nothing',
  (name) => {
    expect(() => read({ [name]: 'x' })).not.toThrow();
    expect(unknownInputs({ [envNameOf(name)]: 'x', PATH: '', INPUT_URL: '' })).toEqual([name]);
  },
);

test('an input left out and an empty one are the same', () => {
  expect(read(Object.fromEntries(INPUT_NAMES.map((name) => [name, ''])))).toEqual(read({}));
});
