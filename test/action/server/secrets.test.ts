import { expect, test } from '@jest/globals';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { nameOf, startFakeVitrine, type FakeVitrine } from '../support/fake-vitrine.js';
import { identityEnv, runAction, type Ran } from '../support/run-action.js';
import { makeWorkspace, PAGE } from '../support/workspace.js';

const CANARY = 'kanarien/vogel+42 "x"';
const PEM = '-----BEGIN KEY-----\nQUJDREVGR0hJSktMTU5PUFFS\nU1RVVldYWVphYmNkZWZnaGlq\n-----END KEY-----';

const FORMS: readonly (readonly [string, string])[] = [
  ['as it is', CANARY],
  ['as base64', Buffer.from(CANARY).toString('base64')],
  ['as base64 inside another text', Buffer.from(`ab${CANARY}cd`).toString('base64').slice(4, -4)],
  ['as hex', Buffer.from(CANARY).toString('hex')],
  ['in a URL', encodeURIComponent(CANARY)],
  ['in JSON', JSON.stringify(CANARY).slice(1, -1)],
];

/** Prints a secret in every way, in two pieces, in colour, and fails: the log, the tail and the summary all see it. */
const PRINTER = `
const { CANARY, PEM } = process.env;
const bytes = Buffer.from(CANARY);
console.log(CANARY, bytes.toString('base64'), bytes.toString('hex'), encodeURIComponent(CANARY), JSON.stringify({ CANARY }));
console.log(Buffer.from('ab' + CANARY + 'cd').toString('base64'));
console.log(CANARY.slice(0, 5) + '\\u001b[31m' + CANARY.slice(5));
console.error(PEM);
console.error('Error: no access with ' + CANARY);
process.stdout.write(CANARY.slice(0, 7));
setTimeout(() => { process.stdout.write(CANARY.slice(7) + '\\n'); process.exit(Number(process.argv[2])); }, 50);
`;

async function runWithSecrets(server: FakeVitrine, exitCode: number): Promise<Ran> {
  await using workspace = await makeWorkspace({ ...PAGE, 'print.cjs': PRINTER });
  const inputs = {
    'server-url': server.url,
    'install-command': 'test -z "$CANARY"',
    'build-command': `node print.cjs ${String(exitCode)}`,
    'output-dir': '.',
    secrets: `CANARY=${CANARY}\nPEM="${PEM}"`,
    'github-token': 'ghs_this_is_the_job_token',
  };
  return await runAction({ workspace, inputs, env: identityEnv(server.url) });
}

/** Masks are how the runner learns what to hide: it never shows those lines. */
function shown(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('::add-mask::'))
    .join('\n');
}

test.each([0, 1])('a build that prints its secrets and ends with %d shows them nowhere', async (exitCode) => {
  await using server = await startFakeVitrine();
  const ran = await runWithSecrets(server, exitCode);
  expect(ran.outputs['status']).toBe(exitCode === 0 ? DEPLOYMENT_STATUS.success : DEPLOYMENT_STATUS.failed);
  const sent = server.requests.map(({ path, body }) => `${path}\n${body.toString()}`).join('\n');
  const texts = [shown(ran.stdout), ran.stderr, ran.summary, JSON.stringify(ran.outputs), sent];
  const linesOfKey = PEM.split('\n').slice(1, -1);
  for (const form of [...FORMS.map(([, text]) => text), ...linesOfKey])
    for (const text of texts) expect(text).not.toContain(form);
  expect(sent).toContain('***');
  if (exitCode !== 0) expect(ran.outputs['reason']).toBe('building failed: Error: no access with ***');
});

test.each([
  ['in the command itself', { 'build-command': `SHOWN='${CANARY}' bash -c 'exit 5'` }, 'exit code 5'],
  [
    'where a long command is cut',
    { 'build-command': `: ${'x'.repeat(186)} '${CANARY}'; exit 5` },
    'ended with exit code 5',
  ],
  ['in another input', { target: CANARY }, 'The input "target" is'],
])('a secret %s is in no report of the failure', async (_where, inputs, words) => {
  await using server = await startFakeVitrine();
  await using workspace = await makeWorkspace(PAGE);
  const given = { 'server-url': server.url, secrets: `CANARY=${CANARY}`, ...inputs };
  const ran = await runAction({ workspace, inputs: given, env: identityEnv(server.url) });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.failed);
  expect(ran.outputs['reason']).toContain(words);
  const sent = server.requests.map(({ body }) => body.toString()).join('\n');
  for (const text of [shown(ran.stdout), ran.summary, JSON.stringify(ran.outputs), sent]) {
    for (const [, form] of FORMS) expect(text).not.toContain(form);
    expect(text).not.toContain(CANARY.slice(0, 9));
  }
});

test("the right to ask for an identity is hidden from the server's log, like every secret", async () => {
  await using server = await startFakeVitrine();
  await using workspace = await makeWorkspace(PAGE);
  const inputs = { 'server-url': server.url, 'build-command': 'echo "found: runner-""bearer"; exit 1' };
  const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
  const sent = server.requests.map(({ body }) => body.toString()).join('\n');
  expect(sent).toContain('found: ***');
  expect(sent + ran.summary).not.toContain('runner-bearer');
});

test('a secret that cannot be hidden is named, without its value', async () => {
  await using server = await startFakeVitrine();
  await using workspace = await makeWorkspace(PAGE);
  const inputs = {
    'server-url': server.url,
    secrets: 'FLAG=enabled\nPIN=abc\nEMPTY=\nGOOD=long-enough-value',
  };
  const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
  expect(ran.stdout.match(/^::warning .*$/gm)).toEqual([
    '::warning title=A secret is not hidden::FLAG is a common word and is not hidden in logs; choose a longer one.',
    '::warning title=A secret is not hidden::PIN is shorter than 4 characters and is not hidden in logs; choose a longer one.',
  ]);
});

test('the runner is told what to hide before anything else is printed', async () => {
  await using server = await startFakeVitrine();
  const ran = await runWithSecrets(server, 0);
  const lines = ran.stdout.split('\n');
  const first = lines.findIndex((line) => !line.startsWith('::add-mask::'));
  expect(first).toBeGreaterThan(0);
  expect(lines.slice(first).filter((line) => line.startsWith('::add-mask::'))).toEqual([]);
  expect(lines.slice(0, first).join('\n')).toContain('::add-mask::ghs_this_is_the_job_token');
});

test('the runner is told what to hide where nothing is to be done, too', async () => {
  await using workspace = await makeWorkspace(PAGE);
  const inputs = { action: 'none', secrets: `CANARY=${CANARY}` };
  const { stdout } = await runAction({ workspace, inputs });
  expect(stdout.split('\n')[0]).toBe(`::add-mask::${CANARY}`);
  expect(stdout).toMatch(/^::notice .*"action" is "none"/m);
});

test('a wrong line among the secrets is named without its value, and every value is masked', async () => {
  await using server = await startFakeVitrine();
  await using workspace = await makeWorkspace(PAGE);
  const lines = [`PATH=${CANARY}`, 'GOOD=first-value', '1A=second-value', 'no name', 'KEY="never closed'];
  const inputs = { 'server-url': server.url, secrets: lines.join('\n') };
  const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
  expect(ran.outputs['reason']).toContain(
    'The input "secrets" needs one KEY=VALUE per line: line 1 steers the machine',
  );
  expect(shown(ran.stdout) + ran.summary).not.toContain('kanarien');
  const masked = ran.stdout.split('\n').filter((line) => line.startsWith('::add-mask::'));
  for (const value of [CANARY, 'first-value', 'second-value', 'no name', 'never closed'])
    expect(masked).toContain(`::add-mask::${value}`);
});

const ACCOUNT = JSON.stringify({ type: 'service', key: 'the-key-of-an-account' });

test('secrets of the server are hidden like those of the workflow, and reach the build alone', async () => {
  const stored = { CANARY, PEM, ACCOUNT, BOTH: 'of the server' };
  const plan = { variables: { API_URL: 'https://api.test', NAME: 'server' }, secrets: stored };
  await using server = await startFakeVitrine({ plan });
  await using workspace = await makeWorkspace({ ...PAGE, 'print.cjs': PRINTER });
  const inputs = {
    'server-url': server.url,
    'install-command': 'test -z "$CANARY" && test "$API_URL" = https://api.test',
    'build-command':
      'test "$BOTH $NAME" = "nearer workflow"; echo "$ACCOUNT the-key-of-an-account"; node print.cjs 1',
    env: 'BOTH=nearer\nNAME=workflow',
  };
  const ran = await runAction({ workspace, inputs, env: identityEnv(server.url) });
  expect(ran.outputs['reason']).toBe('building failed: Error: no access with ***');
  const sent = server.requests.map(({ path, body }) => `${path}\n${body.toString()}`).join('\n');
  const parts = [...FORMS.map(([, text]) => text), ...PEM.split('\n').slice(1, -1), 'the-key-of-an-account'];
  for (const text of [shown(ran.stdout), ran.stderr, ran.summary, JSON.stringify(ran.outputs), sent])
    for (const part of parts) expect(text).not.toContain(part);
  const lines = ran.stdout.split('\n');
  const masks = lines.flatMap((line, at) => (line.startsWith('::add-mask::') ? [at] : []));
  expect(masks.at(-1)).toBeLessThan(lines.findIndex((line) => line.startsWith('::group::')));
});

test('the server is told which names the workflow gives, and no value', async () => {
  await using server = await startFakeVitrine();
  await using workspace = await makeWorkspace(PAGE);
  const inputs = { env: 'A=a-value', 'build-env': 'B=b-value', secrets: 'C=c-value' };
  await runAction({
    workspace,
    inputs: { 'server-url': server.url, ...inputs },
    env: identityEnv(server.url),
  });
  const start = server.requests.find((request) => nameOf(request) === 'start');
  expect(JSON.parse(start?.body.toString() ?? '')).toMatchObject({ provides: ['A', 'B', 'C'] });
  expect(server.requests.map(({ body }) => body.toString()).join('\n')).not.toMatch(/[abc]-value/);
});
