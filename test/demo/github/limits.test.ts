import { afterEach, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import type { GitHubOptions } from '../../../demo/github/options.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import { appOctokit, HELLO } from './clients.js';

let github: EmulatedGitHub;

afterEach(() => github.close());

async function opened(options: GitHubOptions = {}) {
  github = await startTestGitHub(options);
  const { pullRequest } = await github.openPullRequest({ repository: 'acme/hello', head: 'feature' });
  return { octokit: await appOctokit(github), pull: pullRequest };
}

test.each([
  ['a comment', 65_536, 'x'],
  ['a comment of emoji, counted in UTF-16 units', 32_768, '😀'],
])('%s may be as long as GitHub allows and no longer', async (_, length, character) => {
  const { octokit, pull } = await opened();
  const place = { ...HELLO, issue_number: pull.number };
  await octokit.rest.issues.createComment({ ...place, body: character.repeat(length) });
  const longer = octokit.rest.issues.createComment({ ...place, body: character.repeat(length + 1) });
  await expect(longer).rejects.toMatchObject({ status: 422 });
});

test('a summary is measured in bytes', async () => {
  const { octokit, pull } = await opened();
  const run = (summary: string) =>
    octokit.rest.checks.create({
      ...HELLO,
      name: 'Preview',
      head_sha: pull.head.sha,
      output: { title: 'Log', summary },
    });
  await run(`${'😀'.repeat(16_383)}abc`);
  await expect(run('😀'.repeat(16_384))).rejects.toMatchObject({ status: 422 });
});

test('a deployment status says no more than 140 characters', async () => {
  const { octokit, pull } = await opened();
  const { data } = await octokit.rest.repos.createDeployment({
    ...HELLO,
    ref: pull.head.sha,
    required_contexts: [],
  });
  const place = { ...HELLO, deployment_id: 'id' in data ? data.id : 0, state: 'success' as const };
  await octokit.rest.repos.createDeploymentStatus({ ...place, description: 'x'.repeat(140) });
  const longer = octokit.rest.repos.createDeploymentStatus({ ...place, description: 'x'.repeat(141) });
  await expect(longer).rejects.toMatchObject({ status: 422 });
});

test('51 annotations in one request are refused', async () => {
  const { octokit, pull } = await opened();
  const one = { path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice' as const, message: 'm' };
  const run = (count: number) =>
    octokit.rest.checks.create({
      ...HELLO,
      name: 'Preview',
      head_sha: pull.head.sha,
      output: { title: 't', summary: 's', annotations: Array.from({ length: count }, () => one) },
    });
  await run(50);
  await expect(run(51)).rejects.toMatchObject({ status: 422 });
});

test('content faster than the limit is refused with retry-after until the minute is over', async () => {
  let clock = Date.now();
  const { octokit, pull } = await opened({ limits: { contentPerMinute: 3 }, clock: () => clock });
  const comment = () => octokit.rest.issues.createComment({ ...HELLO, issue_number: pull.number, body: 'x' });
  await Promise.all([comment(), comment(), comment()]);
  await expect(comment()).rejects.toMatchObject({
    status: 403,
    response: { headers: { 'retry-after': '60' } },
  });
  clock += 61_000;
  await comment();
});

test('points are spent by reads and five times as fast by writes', async () => {
  const { octokit } = await opened({ limits: { pointsPerMinute: 6 } });
  const statuses = [];
  for (const path of ['/repos/acme/hello', '/repos/acme/hello/branches'])
    statuses.push((await octokit.request(path)).status);
  const write = octokit.rest.repos.createDeployment({ ...HELLO, ref: 'main', required_contexts: [] });
  await expect(write).rejects.toMatchObject({ status: 403 });
  expect(statuses).toEqual([200, 200]);
});

test('more requests at once than the limit are refused', async () => {
  const { octokit } = await opened({ limits: { concurrent: 2 } });
  github.fail({ kind: 'latency', ms: 200, path: /hello$/, times: 2 });
  const answers = await Promise.allSettled([1, 2, 3].map(() => octokit.rest.repos.get(HELLO)));
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
});
