import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../../demo/github/emulated-github.js';
import { startTestGitHub } from '../../../support/start-test-github.js';
import { CHECK, CONCLUSION, DEPLOYMENT_STATE } from '../../../../src/shared/status/github.js';

const HTML = { accept: 'text/html,application/xhtml+xml' };
let github: EmulatedGitHub;
let check: { id: number };

beforeAll(async () => {
  github = await startTestGitHub();
  const { pullRequest } = await github.openPullRequest({
    repository: 'acme/hello',
    head: 'feature',
    title: 'Greet <b>everybody</b>',
  });
  const { sha } = pullRequest.head;
  const token = await github.installationToken('acme/hello');
  const post = async (path: string, body: unknown): Promise<{ id: number }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const url = `${github.url}/repos/acme/hello${path}`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as { id: number };
  };
  check = await post('/check-runs', {
    name: 'Preview',
    head_sha: sha,
    status: CHECK.completed,
    conclusion: CONCLUSION.failure,
    output: { title: 'Failed while building', summary: '❌ **Failed**\n\n```text\n<script>1</script>\n```' },
  });
  await post('/issues/1/comments', { body: 'It is at [the preview](http://pr-1.localhost)' });
  const { id } = await post('/deployments', { ref: sha, environment: 'preview', required_contexts: [] });
  await post(`/deployments/${id}/statuses`, {
    state: DEPLOYMENT_STATE.success,
    environment_url: 'http://pr-1.localhost',
  });
});

afterAll(() => github.close());

const open = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(github.url + path, { headers, redirect: 'manual' });

test('the pull request can be looked at: title, state, check, comment, deployment and commits', async () => {
  const answer = await open('/acme/hello/pull/1');
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const page = await answer.text();
  for (const words of [
    'Greet &lt;b&gt;everybody&lt;/b&gt;',
    '<b class="state open">open</b> octocat wants to merge <code>feature</code>',
    'Failed while building',
    '<strong>Failed</strong>',
    '<a href="http://pr-1.localhost">the preview</a>',
    '<b class="soft">success</b> <a class="more" href="http://pr-1.localhost" rel="noreferrer">View deployment',
    github.state.repositories.values().next().value?.pulls.get(1)?.head.sha.slice(0, 7) ?? 'no commit',
  ])
    expect(page).toContain(words);
});

test('it loads nothing, and runs no script but its own', async () => {
  const answer = await open('/acme/hello/pull/1');
  const page = await answer.text();
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; connect-src 'self';/,
  );
  expect(page).not.toMatch(/<script>1|<(img|iframe)|src=/);
  expect(page).toContain('&lt;script&gt;1&lt;/script&gt;');
});

test('it says when the pull request is closed, and shows every commit that was pushed', async () => {
  await github.openPullRequest({ repository: 'acme/hello', head: 'second', title: 'Second' });
  await github.push({ repository: 'acme/hello', branch: 'second', message: 'More of it' });
  github.closePullRequest({ repository: 'acme/hello', number: 2 });
  const page = await (await open('/acme/hello/pull/2')).text();
  expect(page).toContain('<b class="state closed">closed</b>');
  expect(page.match(/<li id="commit-/g)).toHaveLength(2);
  expect(page).toContain('More of it');
  expect(page).toContain('<a href="/acme/hello/pull/1">');
});

test('every address that a comment or a check links leads there', async () => {
  const sha = [...github.state.repositories.values()][0]?.pulls.get(1)?.head.sha ?? '';
  const run = await github.startRun({ repository: 'acme/hello', number: 1 });
  const at = `#commit-${sha.slice(0, 7)}`;
  for (const [path, target] of [
    [`/acme/hello/pull/1/commits/${sha}`, `/acme/hello/pull/1${at}`],
    [`/acme/hello/commit/${sha}`, `/acme/hello/pull/1${at}`],
    [`/acme/hello/runs/${check.id}`, '/acme/hello/pull/1#checks'],
    [`/acme/hello/actions/runs/${run.id}/attempts/1`, '/acme/hello/pull/1#checks'],
    ['/acme/hello/pull/1/files', '/acme/hello/pull/1'],
  ] as const) {
    const answer = await open(path);
    expect([path, answer.status, answer.headers.get('location')]).toEqual([path, 302, target]);
  }
});

test('a browser that opens the repository or GitHub itself sees the newest pull request', async () => {
  for (const path of ['/', '/acme/hello']) {
    const answer = await open(path, HTML);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/acme/hello/pull/2']);
  }
});

test('an address without a pull request is answered with where to look', async () => {
  const answer = await open('/acme/hello/pull/99');
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain('/pull/<number>');
});

test('looking is not recorded and breaks no rule of the API, and the API stays what it was', async () => {
  github.forgetRequests();
  await open('/acme/hello/pull/1', HTML);
  expect(github.requests()).toEqual([]);
  expect(github.violations).toEqual([]);
  const api = await open('/repos/acme/hello/pulls/1', {
    authorization: `token ${github.userToken('octocat')}`,
  });
  expect(await api.json()).toMatchObject({ number: 1 });
});
