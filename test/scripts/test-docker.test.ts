import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ROOT } from '../support/architecture/read-sources.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';

const NPM = `case "$*" in *"$FAILS"*) exit 3;; esac\necho "$* at \${DOCKER_HOST:-no engine}"`;

let folder: string;
let engine: FakeEngine;
beforeAll(async () => {
  engine = await startFakeEngine();
  folder = await mkdtemp(join(tmpdir(), 'scripts-'));
  for (const [name, script] of Object.entries({ npm: NPM, docker: '', busybox: '' })) {
    await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, name), 0o755);
  }
});
afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Ended {
  readonly code: unknown;
  readonly lines: readonly string[];
}

/** Runs a script of the package; `npm` is a program that only says how it was called. */
function play(
  script: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { PATH: folder, FAILS: 'nothing', ...env } };
    execFile(process.execPath, [join(ROOT, 'scripts', script), ...args], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, lines: `${stdout}${stderr}`.trim().split('\n') }),
    );
  });
}

const NOWHERE = 'tcp://127.0.0.1:9';
const LEFT_OUT = /^The suites that need a Docker engine were left out: .*npm run test:docker/;

test('npm test runs everything in order, and only the last step has the engine', async () => {
  const { code, lines } = await play('test.js', { DOCKER_HOST: engine.dockerHost });
  expect({ code, lines }).toEqual({
    code: 0,
    lines: [
      'run --silent check at no engine',
      'run --silent coverage at no engine',
      expect.stringMatching(/^run --silent unit -- --testPathIgnorePatterns=\/test\/.* at no engine$/),
      `run --silent test:docker -- --where-possible at ${engine.dockerHost}`,
    ],
  });
});

test('npm test ends at the first step that fails, and leaves the suites with an engine to CI when it says so', async () => {
  expect(await play('test.js', { FAILS: 'coverage' })).toEqual({
    code: 3,
    lines: ['run --silent check at no engine'],
  });
  expect((await play('test.js', { VITRINE_DOCKER_SUITES: 'apart' })).lines).toHaveLength(3);
});

test('suites run beside the engine, all of them or those that are named', async () => {
  const env = { DOCKER_HOST: engine.dockerHost };
  const run = `run --silent unit -- --maxWorkers=1`;
  expect(await play('test-docker.js', env, ['--where-possible'])).toEqual({
    code: 0,
    lines: [`${run} /docker.test.ts at ${engine.dockerHost}`],
  });
  expect((await play('test-docker.js', env, ['test/app/engine'])).lines).toEqual([
    `${run} test/app/engine at ${engine.dockerHost}`,
  ]);
  expect(await play('test-docker.js', { ...env, FAILS: 'unit' })).toMatchObject({ code: 3 });
});

test.each([
  ['a developer is told in one line', { DOCKER_HOST: NOWHERE }, ['--where-possible'], 0, /does not answer/],
  ['CI fails', { DOCKER_HOST: NOWHERE, CI: 'true' }, ['--where-possible'], 1, /does not answer/],
  ['who asks for them fails', { DOCKER_HOST: NOWHERE }, [], 1, /does not answer/],
])('without an engine, %s', async (_what, env, args, code, why) => {
  const ended = await play('test-docker.js', env, args);
  expect(ended).toEqual({ code, lines: [expect.stringMatching(LEFT_OUT)] });
  expect(ended.lines[0]).toMatch(why);
});

test('without what the suites need besides, it is named', async () => {
  const { lines } = await play('test-docker.js', { DOCKER_HOST: engine.dockerHost, PATH: '/nowhere' });
  expect(lines).toEqual([expect.stringMatching(/no program "docker"/)]);
});
