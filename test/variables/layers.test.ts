import { expect, test } from '@jest/globals';
import { asRecord, chooseNearest, LAYERS, resolveVariables, twinOf } from '../../src/variables/layers.js';
import { variableNameProblem } from '../../src/variables/names.js';

const builtIn = {
  url: 'http://pr-7-hello.localhost:3000',
  environment: 'pr-7',
  project: 'hello',
  sha: 'a'.repeat(40),
  branch: 'add-page',
  pullRequest: { number: 7, baseBranch: 'main' },
};

test('every nearer layer wins, and each variable knows where it comes from', () => {
  const layers = Object.fromEntries(
    LAYERS.map((layer, index) => [
      layer,
      Object.fromEntries(LAYERS.slice(index).map((name) => [name.replace('-', '_'), layer])),
    ]),
  );
  const { variables, problems } = resolveVariables({ layers });
  expect(problems).toEqual([]);
  for (const layer of LAYERS)
    expect(variables).toContainEqual({ name: layer.replace('-', '_'), value: layer, origin: layer });
});

test('every build is told about its preview', () => {
  expect(asRecord(resolveVariables({ layers: {}, builtIn }))).toEqual({
    PREVIEW: 'true',
    PREVIEW_URL: 'http://pr-7-hello.localhost:3000',
    PREVIEW_PR_NUMBER: '7',
    PREVIEW_BRANCH: 'add-page',
    PREVIEW_BASE_BRANCH: 'main',
    PREVIEW_COMMIT_SHA: 'a'.repeat(40),
    PREVIEW_ENVIRONMENT: 'pr-7',
    PREVIEW_PROJECT: 'hello',
  });
  const branch = asRecord(resolveVariables({ layers: {}, builtIn: { ...builtIn, pullRequest: undefined } }));
  expect([branch['PREVIEW_PR_NUMBER'], branch['PREVIEW_BASE_BRANCH']]).toEqual(['', '']);
});

test.each(['A', '_a', 'API_KEY', 'a1', 'PREVIEW_FLAG', 'CI', 'ENV', 'NPM_TOKEN', 'PATHS', 'A'.repeat(128)])(
  '%s is a name',
  (name) => {
    expect(variableNameProblem(name)).toBeUndefined();
  },
);

test.each(['A=B', '1A', '', 'a b', 'a-b', 'é', 'A\n', 'A\0', 'A'.repeat(129), '__proto__\n', '__proto__'])(
  '%j is no name',
  (name) => {
    expect(variableNameProblem(name)).toMatch(/is not a name/);
  },
);

test.each([
  ...['PATH', 'path', 'LD_PRELOAD', 'NODE_OPTIONS', 'DOCKER_HOST', 'GITHUB_TOKEN', 'ACTIONS_RUNTIME_TOKEN'],
  ...['GITHUB_ENV', 'RUNNER_TEMP', 'INPUT_URL', 'BASH_ENV', 'DYLD_INSERT_LIBRARIES', 'GIT_CONFIG_COUNT'],
  ...['SHELLOPTS', 'BASHOPTS', 'GLIBC_TUNABLES', 'GCONV_PATH', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS'],
  ...['npm_config_script_shell', 'NPM_CONFIG_USERCONFIG'],
])('%s steers the machine and is refused', (name) => {
  expect(variableNameProblem(name)).toMatch(/steers the machine/);
});

test('nobody can take the place of what a preview says about itself', () => {
  const { variables, problems } = resolveVariables({
    layers: { project: { PREVIEW_URL: 'http://evil' } },
    builtIn,
  });
  expect(asRecord({ variables, problems })['PREVIEW_URL']).toBe(builtIn.url);
  expect(problems).toEqual(['"PREVIEW_URL" (project) is set by every preview itself; choose another name']);
});

test.each([
  ['a newline and what looks like another variable', 'a\nX=1'],
  ['a command', '$(id)'],
  ['64 KiB', 'x'.repeat(65_536)],
  ['nothing', ''],
])('%s is a value like any other', (_, value) => {
  expect(asRecord(resolveVariables({ layers: { org: { A: value } } }))).toEqual({ A: value });
});

test.each([
  ['a NUL', 'secret\0'],
  ['more than 64 KiB', 'secret'.repeat(11_000)],
])('%s is refused, without the value in the message', (_, value) => {
  const { variables, problems } = resolveVariables({ layers: { org: { A: value } } });
  expect(variables).toEqual([]);
  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toContain('secret');
});

test('names that differ only in capitals are one too many', () => {
  const { variables, problems } = resolveVariables({
    layers: { org: { Foo: '1' }, project: { FOO: '2', Foo: '3' } },
  });
  expect(variables).toEqual([{ name: 'Foo', value: '3', origin: 'project' }]);
  expect(problems).toEqual(['"FOO" (project) differs from Foo only in capitals; keep one of them']);
});

test('200 variables fit, the next does not', () => {
  const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`V${String(index)}`, 'x']));
  const { variables, problems } = resolveVariables({ layers: { org: many } });
  expect(variables).toHaveLength(200);
  expect(problems).toEqual(['"V200" (org) is one more than the 200 variables that fit']);
});

test('of a variable and a secret in one layer, the later in the list is chosen, and each layer has its own', () => {
  const { chosen, problems } = chooseNearest([
    { name: 'A', origin: 'class' },
    { name: 'A', origin: 'org', value: '1' },
    { name: 'B', origin: 'project', value: 'variable' },
    { name: 'B', origin: 'project' },
  ]);
  expect(chosen).toEqual([
    { name: 'A', origin: 'class' },
    { name: 'B', origin: 'project' },
  ]);
  expect(problems).toEqual([]);
  expect(twinOf('Foo', ['FOO', 'Foo'])).toBe('FOO');
  expect(twinOf('Foo', ['Foo', 'Bar'])).toBeUndefined();
});
