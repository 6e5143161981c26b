import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createNodeMiddleware, Probot, ProbotOctokit } from 'probot';
import { startTestGitHub } from '../../support/start-test-github.js';
import { HELLO, octokitOf } from './clients.js';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';

let github: EmulatedGitHub;
let server: Server;

beforeEach(async () => {
  github = await startTestGitHub();
  const { id, privateKey, webhookSecret } = github.app;
  const probot = new Probot({
    appId: id,
    privateKey,
    secret: webhookSecret,
    logLevel: 'fatal',
    Octokit: ProbotOctokit.defaults({
      baseUrl: github.url,
      retry: { enabled: false },
      throttle: { enabled: false },
    }),
  });
  const middleware = await createNodeMiddleware(
    (app) => {
      app.on('pull_request.opened', async (context) => {
        const { head } = context.payload.pull_request;
        await context.octokit.rest.issues.createComment(
          context.issue({ body: 'The preview is on its way.' }),
        );
        await context.octokit.rest.checks.create(
          context.repo({ name: 'Preview', head_sha: head.sha, status: 'in_progress' as const }),
        );
      });
    },
    { probot, webhooksPath: '/hooks' },
  );
  server = createServer((request, response) => void middleware(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  github.webhooks.sendTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`);
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await github.close();
});

test('a real Probot hears of a pull request, comments as its App and creates a check run', async () => {
  const { pullRequest } = await github.openPullRequest({ repository: 'acme/hello', head: 'feature' });
  await github.webhooks.settled();
  expect(github.webhooks.attempts.map(({ status, answer }) => ({ status, answer }))).toEqual([
    { status: 200, answer: 'ok\n' },
    expect.objectContaining({ status: 200 }),
  ]);
  const octokit = octokitOf(github, github.userToken('octocat'));
  const { data: comments } = await octokit.rest.issues.listComments({
    ...HELLO,
    issue_number: pullRequest.number,
  });
  expect(comments.map(({ body, user }) => ({ body, login: user?.login }))).toEqual([
    { body: 'The preview is on its way.', login: `${github.app.slug}[bot]` },
  ]);
  const { data: checks } = await octokit.rest.checks.listForRef({ ...HELLO, ref: pullRequest.head.sha });
  expect(checks.check_runs).toEqual([expect.objectContaining({ name: 'Preview', status: 'in_progress' })]);
  expect(github.violations).toEqual([]);
});
