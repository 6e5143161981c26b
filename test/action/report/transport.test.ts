import { afterAll, describe, expect, test } from '@jest/globals';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { startConnectProxy } from '../support/connect-proxy.js';
import { startFakeGitHub, type FakeGitHub } from '../support/fake-github.js';
import type { Reply } from '../support/recording-server.js';
import { forgetSharedFiles, pullRequestEvent, runAction, runSource } from '../support/run-action.js';
import { makeWorkspace } from '../support/workspace.js';

afterAll(forgetSharedFiles);

interface Case {
  readonly github: FakeGitHub;
  readonly inputs?: Record<string, string>;
  readonly event?: unknown;
  readonly env?: Record<string, string>;
}

async function runOn(run: typeof runAction, { github, inputs, event, env }: Case) {
  await using workspace = await makeWorkspace({});
  const all = { url: `${github.url}/site`, 'github-token': 'ghs_token', ...inputs };
  return await run({ workspace, inputs: all, event, env: { GITHUB_API_URL: github.url, ...env } });
}

function asked({ requests }: FakeGitHub): string[] {
  return requests.map(({ method, path }) => `${method} ${path}`);
}

describe.each([
  ['the bundle', runAction],
  ['the source', runSource],
] as const)('%s', (_name, run) => {
  test.each([
    ['of a report', {}, pullRequestEvent(), '/check-runs?check_name=Preview&filter=all&per_page=100'],
    [
      'of taking back',
      {},
      pullRequestEvent({ action: 'closed' }),
      '/deployments?environment=preview&per_page=100&page=1',
    ],
    ['about another pull request', { 'pr-number': '8' }, pullRequestEvent(), '/pulls/8'],
  ])('the first question %s leaves before the client is read, and is asked once', async (...given) => {
    const [, inputs, event, end] = given;
    await using github = await startFakeGitHub();
    await runOn(run, { github, inputs, event });
    const questions = asked(github);
    expect(questions[0]).toMatch(/^GET /);
    expect(questions[0]?.endsWith(end)).toBe(true);
    expect(questions.filter((question) => question === questions[0])).toHaveLength(1);
    expect(github.requests[0]?.authorization).toBe('token ghs_token');
  });

  test('a repository with a new name is followed there', async () => {
    const moved = ({ request }: { request: { method: string; path: string } }): Reply | undefined => {
      if (!request.path.startsWith('/repos/acme/hello/')) return undefined;
      const location = request.path.replace('/repos/acme/hello/', '/repos/acme/renamed/');
      return { status: request.method === 'GET' ? 301 : 307, headers: { location } };
    };
    await using github = await startFakeGitHub({ fault: moved });
    expect((await runOn(run, { github })).outputs['status']).toBe(DEPLOYMENT_STATUS.success);
    expect([github.checks.length, github.deployments.length, github.comments.length]).toEqual([1, 1, 1]);
  });

  test('without an answer to the first question it is tried again after a pause', async () => {
    const fault = ({ count }: { count: number }) => (count === 1 ? 'reset' : undefined);
    await using github = await startFakeGitHub({ fault });
    const ran = await runOn(run, { github });
    expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
    expect(ran.stdout).toMatch(/Reporting to GitHub: GitHub: .*Next try in 0\.\d s\./);
  });
});

test('behind a proxy nothing goes another way', async () => {
  await using github = await startFakeGitHub();
  await using proxy = await startConnectProxy(github.port);
  const env = { GITHUB_API_URL: 'http://api.github.example', http_proxy: proxy.url };
  const ran = await runOn(runAction, { github, env });
  expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
  expect(ran.stdout).not.toContain('Next try');
  expect(new Set(proxy.targets)).toEqual(new Set(['api.github.example']));
  const hosts = github.requests.filter(({ path }) => !path.startsWith('/site')).map(({ host }) => host);
  expect(new Set(hosts)).toEqual(new Set(['api.github.example']));
});

test('a fork whose token may only read hears so from the first answer', async () => {
  const fault = () => ({ status: 403, json: { message: 'Resource not accessible by integration' } });
  await using github = await startFakeGitHub({ fault });
  const ran = await runOn(runAction, { github, event: pullRequestEvent({ headRepo: 2 }) });
  expect([ran.outputs['status'], github.requests.length]).toEqual([STAGE_STATUS.skipped, 1]);
});
