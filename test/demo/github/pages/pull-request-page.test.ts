import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../../demo/github/emulated-github.js';
import { openPage } from '../../../support/page.js';
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
  const page = await openPage(`${github.url}/acme/hello/pull/1`);
  expect(page.texts('h1')).toEqual(['Greet <b>everybody</b> #1']);
  expect(page.texts('strong')).toContain('Failed');
  expect(page.links).toMatchObject({
    'the preview': 'http://pr-1.localhost',
    'View deployment': 'http://pr-1.localhost',
  });
  for (const words of [
    'open octocat wants to merge feature',
    'Failed while building',
    'success View deployment',
    github.state.repositories.values().next().value?.pulls.get(1)?.head.sha.slice(0, 7) ?? 'no commit',
  ])
    expect(page.text()).toContain(words);
});

test('it loads nothing, and runs no script but its own', async () => {
  const page = await openPage(`${github.url}/acme/hello/pull/1`);
  expect(page.policy).toContain(
    `default-src 'none'; style-src ${page.hashOf('style')}; script-src ${page.hashOf('script')}; connect-src 'self';`,
  );
  expect(page.count('img, iframe, [src]')).toBe(0);
  expect(page.text()).toContain('<script>1</script>');
});

test('it says when the pull request is closed, and shows every commit that was pushed', async () => {
  await github.openPullRequest({ repository: 'acme/hello', head: 'second', title: 'Second' });
  await github.push({ repository: 'acme/hello', branch: 'second', message: 'More of it' });
  github.closePullRequest({ repository: 'acme/hello', number: 2 });
  const page = await openPage(`${github.url}/acme/hello/pull/2`);
  expect(page.count('b.state.closed')).toBeGreaterThan(0);
  expect(page.count('li[id^="commit-"]')).toBe(2);
  expect(page.text()).toContain('More of it');
  expect(Object.values(page.links)).toContain('/acme/hello/pull/1');
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
