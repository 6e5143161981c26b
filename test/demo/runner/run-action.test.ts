import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import type { RunContext } from '../../../demo/github/story/run-context.js';
import { runAction, type ActionResult } from '../../../demo/runner/run-action.js';

const MANIFEST = `
name: fixture
inputs:
  github-token: { default: '\${{ github.token }}' }
  build command: { default: npm run build }
  wait: { default: true }
  url: { description: no default }
runs: { using: node24, main: index.js }
`;

let github: EmulatedGitHub;
let run: RunContext;
let folder: string;

beforeAll(async () => {
  github = await startTestGitHub();
  const { pullRequest } = await github.openPullRequest({ repository: 'acme/hello', head: 'feature' });
  run = await github.startRun({ repository: 'acme/hello', number: pullRequest.number });
});
afterAll(() => github.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'action-'));
  await writeFile(join(folder, 'action.yml'), MANIFEST);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Extra = Partial<Parameters<typeof runAction>[0]>;

async function step(script: string, extra: Extra = {}): Promise<ActionResult> {
  const top =
    "import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';\nconst { env } = process;\n";
  await writeFile(join(folder, 'index.js'), top + script);
  return await runAction({ action: folder, run, workspace: folder, ...extra });
}

async function environment(extra: Extra = {}): Promise<Record<string, string>> {
  const { outputs } = await step("appendFileSync(env.GITHUB_OUTPUT, 'env=' + JSON.stringify(env));", extra);
  return JSON.parse(outputs.env ?? '{}') as Record<string, string>;
}

test('inputs come from the workflow, else from the defaults of action.yml', async () => {
  expect(await environment({ inputs: { url: 'http://localhost', wait: 'false' } })).toMatchObject({
    'INPUT_GITHUB-TOKEN': run.token,
    INPUT_BUILD_COMMAND: 'npm run build',
    INPUT_WAIT: 'false',
    INPUT_URL: 'http://localhost',
  });
});

test('the variables are those of a pull request, with the merge commit as its sha', async () => {
  const { id, owner } = run.repository.document;
  const seen = await environment();
  expect(seen).toMatchObject({
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_SHA: run.sha,
    GITHUB_REF: run.ref,
    GITHUB_HEAD_REF: 'feature',
    GITHUB_BASE_REF: 'main',
    GITHUB_REPOSITORY: 'acme/hello',
    GITHUB_REPOSITORY_ID: String(id),
    GITHUB_REPOSITORY_OWNER: 'acme',
    GITHUB_REPOSITORY_OWNER_ID: String(owner.id),
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_API_URL: github.url,
    GITHUB_SERVER_URL: github.url,
    GITHUB_WORKSPACE: folder,
    RUNNER_OS: 'Linux',
    ACTIONS_ID_TOKEN_REQUEST_URL: run.idToken?.requestUrl,
  });
  const { head } = (run.event as { pull_request: { head: { sha: string } } }).pull_request;
  expect(seen.GITHUB_SHA).not.toBe(head.sha);
});

test('nothing of the environment around the runner reaches the step', async () => {
  const leaked = Object.keys(await environment()).filter(
    (name) => !/^(CI|PATH|HOME|(GITHUB|RUNNER|ACTIONS|INPUT)_.*)$/.test(name),
  );
  expect(leaked).toEqual([]);
  expect(process.env.NODE_OPTIONS ?? process.env.JEST_WORKER_ID).toBeDefined();
});

test('the event file holds the payload', async () => {
  const { outputs } = await step(
    'const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH)); appendFileSync(env.GITHUB_OUTPUT, `number=${event.number}`);',
  );
  expect(outputs.number).toBe(String((run.event as { number: number }).number));
});

test('outputs, state, exported variables and the summary are read from their files', async () => {
  const result = await step(`
    appendFileSync(env.GITHUB_OUTPUT, 'one=1\\ntext<<END_1\\nfirst=line\\nsecond\\nEND_1\\nempty=\\n');
    appendFileSync(env.GITHUB_STATE, 'kept=yes\\n');
    appendFileSync(env.GITHUB_ENV, 'FOR_LATER=x\\n');
    writeFileSync(env.GITHUB_STEP_SUMMARY, '# Preview');
  `);
  expect(result).toMatchObject({
    exitCode: 0,
    outputs: { one: '1', text: 'first=line\nsecond', empty: '' },
    state: { kept: 'yes' },
    exported: { FOR_LATER: 'x' },
    summary: '# Preview',
  });
});

test('workflow commands become groups and annotations, and the log arrives line by line', async () => {
  const live: string[] = [];
  const script = `
    console.log('::group::Installing');
    console.log('npm ci');
    console.log('::endgroup::');
    console.error('::error file=index.html,line=3,title=Build%3A no::It broke%0Ahere');
    console.log('::warning::careful');
    console.log('::debug::never shown');
    process.exitCode = 3;
  `;
  const result = await step(script, { onLine: (line) => void live.push(line) });
  expect(result.exitCode).toBe(3);
  expect(result.groups).toEqual([{ title: 'Installing', lines: ['npm ci'] }]);
  expect(result.annotations).toEqual(
    expect.arrayContaining([
      {
        level: 'error',
        message: 'It broke\nhere',
        properties: { file: 'index.html', line: '3', title: 'Build: no' },
      },
      { level: 'warning', message: 'careful', properties: {} },
    ]),
  );
  expect(live.join('\n').split('\n').sort()).toEqual(result.log.split('\n').sort());
  expect(result.log).not.toContain('never shown');
});

test('a masked secret is hidden from then on, and the credentials of the job always', async () => {
  const result = await step(`
    console.log('before s3cret');
    console.log('::add-mask::s3cret');
    console.log('after s3cret and ' + env['INPUT_GITHUB-TOKEN']);
    console.log('::error::leaks s3cret');
  `);
  expect(result.log.split('\n')).toEqual(['before s3cret', 'after *** and ***', '##[error]leaks ***']);
  expect(result.annotations[0]?.message).toBe('leaks ***');
  expect(result.masked).toEqual([run.token, run.idToken?.requestToken, 's3cret']);
});

test('between stop-commands and its token nothing is a command', async () => {
  const result = await step(`
    console.log('::stop-commands::token-1');
    console.log('::error::printed by a build');
    console.log('::token-1::');
    console.log('::error::real');
  `);
  expect(result.annotations.map(({ message }) => message)).toEqual(['real']);
  expect(result.log).toContain('::error::printed by a build');
});

test('a step that asks GitHub for its identity gets a token for its audience', async () => {
  const { outputs } = await step(`
    const url = env.ACTIONS_ID_TOKEN_REQUEST_URL + '&audience=https%3A%2F%2Fpreview.example.com';
    const headers = { authorization: 'Bearer ' + env.ACTIONS_ID_TOKEN_REQUEST_TOKEN };
    const { value } = await (await fetch(url, { headers })).json();
    const { aud } = JSON.parse(Buffer.from(value.split('.')[1], 'base64url'));
    appendFileSync(env.GITHUB_OUTPUT, 'aud=' + aud);
  `);
  expect(outputs.aud).toBe('https://preview.example.com');
});

const LONG = 60_000;

test.each([
  [
    'a step that obeys SIGINT ends by itself',
    "process.on('SIGINT', () => process.exit(130));",
    { interruptMs: LONG, terminateMs: LONG },
    { exitCode: 130 },
  ],
  [
    'a step that ignores SIGINT gets SIGTERM',
    "process.on('SIGINT', () => {}); process.on('SIGTERM', () => process.exit(143));",
    { interruptMs: 150, terminateMs: LONG },
    { exitCode: 143 },
  ],
  [
    'a step that ignores both is killed',
    "process.on('SIGINT', () => {}); process.on('SIGTERM', () => {});",
    { interruptMs: 150, terminateMs: 150 },
    { signal: 'SIGKILL' },
  ],
])('on cancel %s', async (_, handlers, patience, expected) => {
  const cancel = new AbortController();
  const result = await step(`${handlers} setInterval(() => {}, 1000); console.log('waiting');`, {
    signal: cancel.signal,
    patience,
    onLine: () => cancel.abort(),
  });
  expect(result).toMatchObject(expected);
});

test('what a step leaves running is ended with it, or its open output would hold the job for ever', async () => {
  const { exitCode } = await step(`
    const { spawn } = await import('node:child_process');
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();
    process.exit(0);
  `);
  expect(exitCode).toBe(0);
});
