import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { OUTPUT_NAMES } from '../../../action/result/conclude.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { decodeMeta, decodePreface, PREFACE_BYTES } from '../../../src/uploads/pack.js';
import { DEPLOYMENT_ID, SHA, nameOf, startFakeVitrine, type FakeVitrine } from '../support/fake-vitrine.js';
import type { Recorded, Reply } from '../support/recording-server.js';
import {
  forgetSharedFiles,
  identityEnv,
  pullRequestEvent,
  runAction,
  runSource,
} from '../support/run-action.js';
import { makeWorkspace, PAGE } from '../support/workspace.js';

afterAll(forgetSharedFiles);

interface LastReport {
  readonly generation: number;
  readonly url?: string;
  readonly stages: readonly { name: string; status: string; error: string | null }[];
  readonly outcome: {
    status: string;
    error: string | null;
    logTail: string[];
    cause?: { line: string; excerpt: string[]; at: number };
  };
}

function lastReport(server: FakeVitrine): LastReport {
  return server.bodies('progress').at(-1) as LastReport;
}

function stagesOf(server: FakeVitrine): Record<string, string> {
  return Object.fromEntries(lastReport(server).stages.map(({ name, status }) => [name, status]));
}

function logsOf(server: FakeVitrine): string {
  const batches = server.bodies('logs') as { lines: { text: string }[] }[];
  return batches.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n');
}

const FAILING = {
  'package.json': JSON.stringify({ scripts: { build: 'echo compiling; echo "no such module" >&2; exit 3' } }),
};

describe.each([
  ['the bundle', runAction],
  ['the source', runSource],
] as const)('%s', (_name, run) => {
  test('a page without a build goes live, and every output says so', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect(ran.stderr).toBe('');
    expect(ran.outputs).toEqual({
      'preview-url': `http://pr-7-hello.localhost:${String(server.port)}`,
      url: `http://pr-7-hello.localhost:${String(server.port)}`,
      'commit-url': `http://1234567-pr-7-hello.localhost:${String(server.port)}`,
      'bypass-token': '',
      'deployment-id': DEPLOYMENT_ID,
      environment: 'pr-7',
      status: DEPLOYMENT_STATUS.success,
      reason: '',
      live: 'true',
      'logs-url': 'https://github.example/acme/hello/actions/runs/42/attempts/1',
      'expires-at': '2030-01-08T00:00:00.000Z',
    });
    expect(ran.code).toBe(0);
    expect(ran.stdout).not.toContain('::warning');
    expect(ran.summary).toMatch(/^\| Deploying \| ✅ Done \| \d[\d.]* m?s \|$/m);
    expect(ran.summary).toMatch(/^\| Installing \| ➖ Nothing to do \|/m);
  });

  test('the run proves who it is, names the head commit and never the merge commit', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    await run({
      workspace,
      inputs: { 'server-url': `${server.url}/`, project: 'hello' },
      env: identityEnv(server.url),
    });
    const [oidc] = server.calls('oidc');
    expect(new URL(oidc?.path ?? '', server.url).searchParams.get('audience')).toBe(server.url);
    expect(oidc?.authorization).toBe('Bearer runner-bearer');
    expect(server.calls('start').map(({ authorization }) => authorization)).toEqual(['Bearer oidc-1']);
    expect(server.bodies('start')).toEqual([
      {
        sha: SHA,
        pullRequest: 7,
        project: 'hello',
        run: { id: '42', attempt: 1, job: 'preview' },
        logsUrl: 'https://github.example/acme/hello/actions/runs/42/attempts/1',
      },
    ]);
  });

  test('only the files of the output directory are sent, in one pack', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({
      'dist/index.html': 'hi',
      'dist/.env': 'no',
      'README.md': 'no',
    });
    await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    const packs = server.calls('pack').map(({ body }) => body);
    expect(packs).toHaveLength(1);
    expect(packs.map(pathsOf)).toEqual([['index.html']]);
    expect(logsOf(server)).toContain('".env" was left out');
  });

  test('installing and building run where they are told, with the variables of the preview', async () => {
    await using server = await startFakeVitrine({ plan: { workingDirectory: 'web', output: 'site' } });
    await using workspace = await makeWorkspace({ 'web/package.json': '{}' });
    const inputs = {
      'server-url': server.url,
      'install-command': 'echo "installed on $PREVIEW_BRANCH with $SHARED"; test -z "$ONLY_BUILD"',
      'build-command':
        'mkdir site && echo "$ONLY_BUILD $SHARED" > site/index.html\ntest -z "$GITHUB_OUTPUT$ACTIONS_ID_TOKEN_REQUEST_URL$GITHUB_TOKEN"',
      env: 'SHARED=both',
      'build-env': 'ONLY_BUILD=one',
    };
    const ran = await run({
      workspace,
      inputs,
      env: { ...identityEnv(server.url), GITHUB_TOKEN: 'ghs_abcdefgh' },
    });
    expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '' });
    expect(logsOf(server)).toContain('installed on feature with both');
    expect(stagesOf(server)).toEqual({
      installing: STAGE_STATUS.completed,
      building: STAGE_STATUS.completed,
      copying: STAGE_STATUS.completed,
      deploying: STAGE_STATUS.completed,
      verifying: STAGE_STATUS.completed,
    });
  });

  test('a failing build fails the job with the stage and the last lines, and the server is told', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(FAILING);
    const inputs = { 'server-url': server.url, 'install-command': 'true' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect(ran.code).toBe(1);
    expect(ran.outputs).toMatchObject({
      status: DEPLOYMENT_STATUS.failed,
      live: 'false',
      'deployment-id': DEPLOYMENT_ID,
    });
    expect(Object.keys(ran.outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
    expect(ran.outputs['reason']).toBe('building failed: "npm run build" ended with exit code 3.');
    expect(ran.stdout.match(/^::error /gm)).toHaveLength(1);
    expect(ran.summary).toContain('no such module');
    expect(lastReport(server).outcome).toMatchObject({
      status: DEPLOYMENT_STATUS.failed,
      error: '"npm run build" ended with exit code 3.',
      logTail: expect.arrayContaining(['compiling', 'no such module']),
    });
    expect(stagesOf(server)).toEqual({ installing: STAGE_STATUS.completed, building: STAGE_STATUS.failed });
    expect(server.calls('plan')).toHaveLength(0);
  });

  test('the first error in the log of the failed stage is the reason, wherever it is told', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({
      'src.txt': 'src/a.ts(1,7): error TS2322: Type "x" is not "y".',
      'usage.txt': 'usage\n'.repeat(60),
    });
    const inputs = {
      'server-url': server.url,
      'install-command': 'true',
      'build-command': 'echo compiling; cat src.txt; echo; cat usage.txt; exit 2',
    };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    const line = 'src/a.ts(1,7): error TS2322: Type "x" is not "y".';
    expect(ran.outputs['reason']).toBe(`building failed: ${line}`);
    expect(ran.stdout).toContain(`::error title=Preview%3A failed while building::${line}%0A"echo compiling`);
    expect(ran.summary).toContain(`**❌ Failed while building**: \`${line}\``);
    const { cause, error } = lastReport(server).outcome;
    expect(cause).toMatchObject({ line, at: 1 });
    expect(cause?.excerpt.slice(0, 3)).toEqual(['compiling', line, 'usage']);
    expect(error).toContain('ended with exit code 2.');
  });

  test('with fail-on-error: false the job goes on and the output tells', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(FAILING);
    const inputs = { 'server-url': server.url, 'install-command': 'true', 'fail-on-error': 'false' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status']]).toEqual([0, DEPLOYMENT_STATUS.failed]);
  });

  test('a build that writes somewhere else publishes no sources, and fails', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({ ...PAGE, 'src/db.ts': 'secret' });
    const inputs = { 'server-url': server.url, 'build-command': 'mkdir www && cp index.html www' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], server.calls('pack').length]).toEqual([
      1,
      DEPLOYMENT_STATUS.failed,
      0,
    ]);
    expect(ran.outputs['reason']).toContain('set the input "output-dir"');
  });

  test('prebuilt skips installing and building', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({ 'site/index.html': 'built', ...FAILING });
    const inputs = { 'server-url': server.url, prebuilt: 'true', 'output-dir': 'site' };
    await run({ workspace, inputs, env: identityEnv(server.url) });
    expect(stagesOf(server)).toMatchObject({
      installing: STAGE_STATUS.skipped,
      building: STAGE_STATUS.skipped,
      deploying: STAGE_STATUS.completed,
    });
  });

  test('a preview that an earlier step deployed is visited and reported, nothing is built', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(FAILING);
    const url = `http://elsewhere.localhost:${String(server.port)}/app`;
    const ran = await run({
      workspace,
      inputs: { 'server-url': server.url, url },
      env: identityEnv(server.url),
    });
    expect(server.calls('page').map(({ host, path }) => host + path)).toEqual([
      `elsewhere.localhost:${String(server.port)}/app`,
    ]);
    expect(lastReport(server)).toMatchObject({ url, outcome: { status: DEPLOYMENT_STATUS.success } });
    expect(server.calls('plan')).toHaveLength(0);
    expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, live: 'true' });
  });

  test('a preview that does not answer is a failure of verifying', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'page' ? { status: 503 } : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'wait-timeout': '1s', 'health-path': '/up' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect(ran.code).toBe(1);
    const { length: visits } = server.calls('page');
    expect(visits).toBeGreaterThan(1);
    expect(ran.outputs['reason']).toContain(
      `/up did not become reachable in 1 s: the answer was HTTP 503. It was tried ${String(visits)} times.`,
    );
    expect(stagesOf(server)).toMatchObject({ verifying: STAGE_STATUS.failed });
  });

  test.each([
    ['a rule that skips', null, STAGE_STATUS.skipped],
    [
      'a preview that waits for approval',
      ENVIRONMENT_STATUS.awaitingApproval,
      ENVIRONMENT_STATUS.awaitingApproval,
    ],
  ])('%s is no failure: the reason is given and the job goes on', async (_title, status, expected) => {
    const decision = { action: 'skip', rule: 'draft', detail: 'Drafts are not previewed.' };
    const fault = ({ name }: { name: string }) =>
      name === 'start'
        ? { status: 200, json: { proceed: false, environment: status && environmentView(status), decision } }
        : undefined;
    await using server = await startFakeVitrine({ fault });
    await using workspace = await makeWorkspace(FAILING);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.outputs['reason']]).toEqual([0, expected, decision.detail]);
    // There is no page to look at, so nothing links to one.
    expect([ran.outputs['preview-url'], ran.stdout.includes('\nPreview: ')]).toEqual(['', false]);
    expect(ran.summary).not.toContain('| Preview |');
    expect(ran.stdout).toContain('::notice');
    expect(server.calls('progress')).toHaveLength(0);
  });

  test('resolve gives the address and builds nothing', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(FAILING);
    const ran = await run({
      workspace,
      inputs: { 'server-url': server.url, action: 'resolve' },
      env: identityEnv(server.url),
    });
    expect(ran.outputs['preview-url']).toBe(`http://pr-7-hello.localhost:${String(server.port)}`);
    expect(server.requests.map(nameOf)).toEqual(['oidc', 'start']);
  });

  test('destroy with a server and without a destroy command does nothing and says so', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, action: 'destroy' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], server.requests]).toEqual([0, STAGE_STATUS.skipped, []]);
    expect(ran.outputs['reason']).toContain('nothing to do without "destroy-command"');
  });

  test('a second step of the same job repeats the result and does no work', async () => {
    const deployment = {
      status: DEPLOYMENT_STATUS.failed,
      completedAt: '2030-01-01T00:01:00.000Z',
      error: 'building failed',
    };
    await using server = await startFakeVitrine({ deployment });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.failed, reason: 'building failed' });
    expect([ran.code, server.requests.map(nameOf)]).toEqual([1, ['oidc', 'start']]);
  });

  test.each([
    ['nowhere', 'web', 'The working directory "web" does not exist: check out the code first'],
    ['a file', 'index.html', 'The working directory "index.html" is a file'],
    ['a link out of the checkout', 'out', 'is a link that leads out of the checkout'],
    ['the history', '.git', 'never published'],
  ])('a working directory that is %s is refused before a command runs', async (_what, directory, words) => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({ ...PAGE, '.git/config': '' });
    await symlink('/tmp', join(workspace.code, 'out'));
    const inputs = {
      'server-url': server.url,
      'working-directory': directory,
      'install-command': 'echo in""stalling',
    };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
    expect(ran.outputs['reason']).toContain(words);
    expect(ran.stdout).not.toContain('installing\n');
    expect(lastReport(server).outcome.status).toBe(DEPLOYMENT_STATUS.failed);
  });

  test('a failing stage shows its time too', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(FAILING);
    const inputs = { 'server-url': server.url, 'install-command': 'true' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect(ran.stdout).toMatch(/^Building: failed after \d[\d.]* m?s$/m);
    expect(ran.summary).toMatch(/^\| Building \| ❌ Failed \| \d[\d.]* m?s \|$/m);
  });

  test.each([
    ['7', 0, DEPLOYMENT_STATUS.success],
    ['8', 1, DEPLOYMENT_STATUS.failed],
  ])(
    'with a server, "pr-number" %s is taken for what the event says, or refused',
    async (number, code, status) => {
      await using server = await startFakeVitrine();
      await using workspace = await makeWorkspace(PAGE);
      const inputs = { 'server-url': server.url, 'pr-number': number };
      const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
      expect([ran.code, ran.outputs['status']]).toEqual([code, status]);
      if (code === 1)
        expect(ran.outputs['reason']).toContain('The input "pr-number" is 8, but this run is for #7');
    },
  );

  test.each([
    ['"pr-number" is another', { 'pr-number': '8' }],
    ['nothing says what to report', { 'server-url': '' }],
    ['there is no token to report with', { 'server-url': '', url: 'http://x.localhost', 'github-token': '' }],
  ])('where %s, the job fails whatever "fail-on-error" says', async (_title, inputs) => {
    await using workspace = await makeWorkspace(PAGE);
    const all = { 'server-url': 'http://127.0.0.1:1', 'fail-on-error': 'false', ...inputs };
    const ran = await run({ workspace, inputs: all, env: identityEnv('http://127.0.0.1:1') });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
  });

  test('a variable of the workflow that looks like an input is warned of, and no more', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const env = { ...identityEnv(server.url), INPUT_VERSION: '1.2' };
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env });
    expect([ran.code, ran.outputs['status']]).toEqual([0, DEPLOYMENT_STATUS.success]);
    expect(ran.stdout).toMatch(/^::warning::There is no input "version"\. The inputs are: /m);
  });

  test('another target than the server deploys to is refused', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({
      workspace,
      inputs: { 'server-url': server.url, target: 'docker' },
      env: identityEnv(server.url),
    });
    expect(ran.code).toBe(1);
    expect(ran.outputs['reason']).toContain('The input "target" is "docker"');
    expect(lastReport(server).outcome.status).toBe(DEPLOYMENT_STATUS.failed);
  });

  test.each([
    ['start', 409, 'stale_head'],
    ['progress', 410, 'environment_gone'],
    ['plan', 409, 'stale_head'],
  ])('overtaken at "%s" the run ends quietly as superseded', async (at, status, code) => {
    const reply = { status, json: { error: { code, message: 'A newer commit arrived.', requestId: 'r' } } };
    await using server = await startFakeVitrine({ fault: ({ name }) => (name === at ? reply : undefined) });
    await using workspace = await makeWorkspace({
      ...PAGE,
      'package.json': '{"scripts":{"build":"sleep 0.6"}}',
    });
    const inputs = { 'server-url': server.url, 'install-command': 'true', 'output-dir': '.' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.outputs['reason']]).toEqual([
      0,
      DEPLOYMENT_STATUS.superseded,
      'A newer commit arrived.',
    ]);
    expect(ran.stdout).not.toContain('::error');
  });

  test('a build that is overtaken is stopped, not waited for', async () => {
    const gone = {
      status: 410,
      json: { error: { code: 'environment_gone', message: 'Closed.', requestId: 'r' } },
    };
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'logs' ? gone : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'build-command': 'echo "build $$"; sleep 600' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.superseded);
    const pid = Number(/build (\d+)/.exec(ran.stdout)?.[1]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(stagesOf(server)).not.toHaveProperty('verifying');
  });

  test('a cancelled run stops the build and tells the server at once', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'build-command': 'echo be""gun; sleep 60' };
    const ran = await run({
      workspace,
      inputs,
      env: identityEnv(server.url),
      onOutput: (stdout, stop) => (stdout.includes('\nbegun\n') ? stop('SIGINT') : undefined),
    });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.cancelled]);
    expect(lastReport(server).outcome).toMatchObject({ status: DEPLOYMENT_STATUS.cancelled });
    expect(stagesOf(server)).toMatchObject({ building: STAGE_STATUS.cancelled });
  });

  test('a refusal of the server is an error that names the reason', async () => {
    const reply = {
      status: 403,
      json: { error: { code: 'forbidden', message: 'The App is not installed here.', requestId: 'r' } },
    };
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'start' ? reply : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.outputs['reason']]).toEqual([
      1,
      DEPLOYMENT_STATUS.failed,
      'The App is not installed here.',
    ]);
  });

  test.each([
    ['a fork', { event: pullRequestEvent({ headRepo: 2 }) }, 'forks'],
    ['a deleted fork', { event: pullRequestEvent({ headRepo: null }) }, 'forks'],
    ['a job without id-token: write', {}, 'id-token: write'],
    [
      'another event',
      { event: { repository: {} }, env: { GITHUB_EVENT_NAME: 'push' } },
      'belongs to no pull request',
    ],
    [
      'a closed pull request',
      { event: pullRequestEvent({ action: 'closed' }) },
      'The server removes the preview when the pull request closes',
    ],
  ])('%s ends neutral, with the way out', async (_title, options, words) => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, ...options });
    expect([ran.code, ran.outputs['status']]).toEqual([0, STAGE_STATUS.skipped]);
    expect(ran.outputs['reason']).toContain(words);
    expect(Object.keys(ran.outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
    expect(server.requests).toHaveLength(0);
  });

  test('another event about a pull request is not taken by the server, and says so', async () => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const env = { ...identityEnv(server.url), GITHUB_EVENT_NAME: 'pull_request_review' };
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env });
    expect([ran.code, ran.outputs['status']]).toEqual([0, STAGE_STATUS.skipped]);
    expect(ran.outputs['reason']).toContain(
      'only from the event "pull_request", not from "pull_request_review"',
    );
  });

  test('an upload is visited once, at the address of its commit, before it counts as a success', async () => {
    await using server = await startFakeVitrine({ plan: { healthPath: '/up' } });
    await using workspace = await makeWorkspace(PAGE);
    await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect(server.calls('page').map(({ host, path }) => host + path)).toEqual([
      `1234567-pr-7-hello.localhost:${String(server.port)}/up`,
    ]);
    const ends = (request: Recorded) => nameOf(request) === 'progress' && request.body.includes('outcome');
    const order = server.requests.filter((one) => ['pack', 'page'].includes(nameOf(one)) || ends(one));
    expect(order.map(nameOf)).toEqual(['pack', 'page', 'progress']);
    expect(stagesOf(server)).toMatchObject({ verifying: STAGE_STATUS.completed });
  });

  test('an answer counts as the settings say, and the inputs come before them', async () => {
    const plan = { healthPath: '/up', healthStatus: '401', healthTimeoutMs: 5_000 };
    const fault = ({ name }: { name: string }) => (name === 'page' ? { status: 401 } : undefined);
    await using server = await startFakeVitrine({ plan, fault });
    await using workspace = await makeWorkspace(PAGE);
    const start = (inputs: Record<string, string>) =>
      run({ workspace, inputs: { 'server-url': server.url, ...inputs }, env: identityEnv(server.url) });
    expect((await start({})).code).toBe(0);
    const refused = await start({ 'health-status': '200', 'wait-timeout': '1s' });
    expect([refused.code, refused.outputs['reason']]).toEqual([1, expect.stringContaining('HTTP 401')]);
  });

  test('an upload whose address the server does not say cannot be verified, and fails', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) =>
        name === 'pack' ? { status: 200, json: { complete: true, notes: [] } } : undefined,
    });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.outputs['commit-url']]).toEqual([
      1,
      DEPLOYMENT_STATUS.failed,
      '',
    ]);
    expect(ran.outputs['reason']).toContain('sent no URL for this commit');
  });

  test('what the server notes about an upload stands in the log and in the summary', async () => {
    const note = 'Line 3 of _redirects was left out: it has no target.';
    await using server = await startFakeVitrine({ notes: [note] });
    await using workspace = await makeWorkspace({ ...PAGE, '.env': 'no' });
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
    const lines = (server.bodies('logs') as { lines: { level: string; text: string }[] }[]).flatMap(
      ({ lines: some }) => some,
    );
    expect(lines).toContainEqual(expect.objectContaining({ level: 'warning', text: note }));
    expect(ran.summary).toContain(`- \`${note}\``);
    expect(ran.summary).toContain('".env" was left out');
  });

  test.each([
    ['overtakes', 'stale_head', 0, DEPLOYMENT_STATUS.superseded],
    ['refuses', 'bad_request', 1, DEPLOYMENT_STATUS.failed],
  ])('a server that %s the report of a failure is believed', async (_title, code, exit, status) => {
    await using server = await startFakeVitrine({
      fault: ({ name, request }) =>
        name === 'progress' && request.body.includes('outcome')
          ? { status: 409, json: { error: { code, message: 'A newer commit arrived.', requestId: 'r' } } }
          : undefined,
    });
    await using workspace = await makeWorkspace(FAILING);
    const inputs = { 'server-url': server.url, 'install-command': 'true' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status']]).toEqual([exit, status]);
  });

  test('an answer that is none of ours is an error, not a crash', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'start' ? { status: 200, json: { proceed: 'perhaps' } } : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.stderr]).toEqual([1, DEPLOYMENT_STATUS.failed, '']);
    expect(ran.outputs['reason']).toMatch(
      /^The answer of 127\.0\.0\.1:\d+ has an unknown form\. Is .*"server-url"/,
    );
  });

  const elsewhere = { status: 301, headers: { location: 'https://www.example/api' } };
  test.each<[string, Reply, string]>([
    ['a page that is not there', { status: 404, text: '<html>' }, 'answered HTTP 404.'],
    ['a firewall', { status: 403, text: 'Forbidden' }, 'answered HTTP 403.'],
    ['another address', elsewhere, 'answered HTTP 301 and redirects to https://www.example/api.'],
    ['a page', { status: 200, text: '<html>' }, 'did not answer with JSON.'],
  ])('a "server-url" that is %s is asked about', async (_title, reply, words) => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'start' ? reply : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url, 'wait-timeout': '1s' };
    const ran = await run({ workspace, inputs, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status']]).toEqual([1, DEPLOYMENT_STATUS.failed]);
    expect(ran.outputs['reason']).toContain(`127.0.0.1:${String(server.port)} `);
    expect(ran.outputs['reason']).toContain(words);
    expect(ran.outputs['reason']).toContain('Is the input "server-url" the address of a Vitrine server?');
  });

  test('GitHub giving no identity token is an error that says so', async () => {
    await using server = await startFakeVitrine({
      fault: ({ name }) => (name === 'oidc' ? { status: 200, json: {} } : undefined),
    });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['reason']]).toEqual([
      1,
      'GitHub sent no identity token: run the job again.',
    ]);
  });

  test('a token that is renewed after the rules have changed ends the run as superseded', async () => {
    const expired = {
      status: 401,
      json: { error: { code: 'unauthorized', message: 'Expired.', requestId: 'r' } },
    };
    const declined = {
      proceed: false,
      environment: null,
      decision: { action: 'skip', rule: 'label-skip', detail: 'Labelled preview:skip.' },
    };
    await using server = await startFakeVitrine({
      fault: ({ name, count }) => {
        if (name === 'plan') return expired;
        return name === 'start' && count > 1 ? { status: 200, json: declined } : undefined;
      },
    });
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { 'server-url': server.url }, env: identityEnv(server.url) });
    expect([ran.code, ran.outputs['status'], ran.outputs['reason']]).toEqual([
      0,
      DEPLOYMENT_STATUS.superseded,
      'Labelled preview:skip.',
    ]);
  });

  test('pull_request_target is refused before anything is read', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const env = { GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_EVENT_PATH: '/nowhere' };
    const ran = await run({
      workspace,
      inputs: { 'fail-on-error': 'false', nonsense: '1', secrets: 'TOKEN=very-secret-value' },
      env,
    });
    expect(ran.code).toBe(1);
    expect(ran.outputs).toMatchObject({
      status: DEPLOYMENT_STATUS.failed,
      reason: expect.stringContaining('pull_request_target'),
    });
    expect(ran.stdout).not.toContain('very-secret-value');
    expect(ran.outputs['logs-url']).toBe('https://github.example/acme/hello/actions/runs/42/attempts/1');
    expect(ran.summary).toContain('| Logs | <https://github.example/');
  });

  test('a wrong input is an error with every output set', async () => {
    await using workspace = await makeWorkspace(PAGE);
    const ran = await run({ workspace, inputs: { server: 'x', 'fail-on-error': 'false' } });
    expect([ran.code, ran.outputs['reason']]).toEqual([
      1,
      'There is no input "server": it is called "server-url".',
    ]);
    expect(ran.outputs['logs-url']).toBe('https://github.example/acme/hello/actions/runs/42/attempts/1');
    expect(Object.keys(ran.outputs).sort()).toEqual([...OUTPUT_NAMES].sort());
  });
});

function pathsOf(pack: Buffer): string[] {
  const preface = decodePreface(pack.subarray(0, PREFACE_BYTES));
  const packed = brotliDecompressSync(pack.subarray(PREFACE_BYTES, PREFACE_BYTES + preface.compressedBytes));
  const meta = decodeMeta(packed.subarray(0, preface.metaBytes), preface);
  return (meta.manifest?.entries ?? []).map(([path]) => path);
}

function environmentView(status: string) {
  return {
    id: 'e'.repeat(24),
    name: 'pr-7',
    namespace: 'pr-7-hello',
    project: 'hello',
    repository: 'acme/hello',
    status,
    generation: 1,
    url: 'http://pr-7-hello.localhost',
    live: false,
    commit: SHA,
    currentCommit: null,
    pullRequest: null,
    decision: null,
    error: null,
    expiresAt: null,
    createdAt: '2030-01-01T00:00:00.000Z',
    updatedAt: '2030-01-01T00:00:00.000Z',
    deployedAt: null,
    destroyedAt: null,
  };
}
