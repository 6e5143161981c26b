import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import { githubValidator } from '../../../demo/github/openapi/validate.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import type { Delivery } from '../../../demo/github/webhooks/delivery.js';
import { appOctokit, HELLO, octokitOf } from './clients.js';

const repository = 'acme/hello';
const received: { guid: string; action: string }[] = [];
let clock = Date.parse('2026-03-01T10:00:00.750Z');
let github: EmulatedGitHub;
let receiver: Server;
let answerStatus = 202;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { action } = JSON.parse(text) as { action: string };
      received.push({ guid: String(request.headers['x-github-delivery']), action });
      response.writeHead(answerStatus).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const webhookUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const events = ['pull_request', 'push', 'check_run', 'workflow_run', 'repository'];
  github = await startTestGitHub({
    clock: () => clock,
    users: ['octocat', 'hubot', 'stranger', 'dependabot[bot]'],
    app: { webhookUrl, events },
  });
});

afterAll(async () => {
  receiver.closeAllConnections();
  receiver.close();
  await github.close();
});

const payloadOf = (delivery: Delivery) => JSON.parse(delivery.body.toString()) as Record<string, never>;
const open = (head: string) => github.openPullRequest({ repository, head });

test('a delivery is signed over its bytes and carries the headers of GitHub', async () => {
  const { delivery } = await open('signed');
  const expected = createHmac('sha256', github.app.webhookSecret).update(delivery.body).digest('hex');
  expect(delivery.headers).toMatchObject({
    'x-hub-signature-256': `sha256=${expected}`,
    'x-github-event': 'pull_request',
    'x-github-delivery': delivery.guid,
    'x-github-hook-installation-target-type': 'integration',
    'x-github-hook-installation-target-id': String(github.app.id),
  });
  expect(delivery.guid).toMatch(/^[0-9a-f-]{36}$/);
});

test('a payload shows the state: head, base, author, installation and times of whole seconds', async () => {
  const { delivery, pullRequest } = await github.openPullRequest({
    repository,
    head: 'stated',
    author: 'hubot',
    labels: ['preview'],
    draft: true,
  });
  expect(payloadOf(delivery)).toMatchObject({
    action: 'opened',
    number: pullRequest.number,
    pull_request: {
      draft: true,
      user: { login: 'hubot' },
      head: { ref: 'stated', sha: pullRequest.head.sha, repo: { full_name: repository } },
      base: { ref: 'main', repo: { full_name: repository } },
      labels: [{ name: 'preview' }],
      updated_at: '2026-03-01T10:00:00Z',
    },
    repository: { full_name: repository },
    organization: { login: 'acme' },
    installation: { id: github.installationId('acme') },
    sender: { login: 'hubot' },
  });
});

test('a pull request of a bot is known by the type of its author', async () => {
  const { delivery } = await github.openPullRequest({ repository, head: 'bump', author: 'dependabot[bot]' });
  expect(payloadOf(delivery)).toMatchObject({
    pull_request: { user: { login: 'dependabot[bot]', type: 'Bot' } },
    sender: { type: 'Bot' },
  });
});

test('a push moves the head, tells of it with before and after, and the API agrees', async () => {
  const { pullRequest } = await open('pushed');
  clock += 2000;
  const { sha, pullRequests } = await github.push({
    repository,
    branch: 'pushed',
    files: { 'a.txt': 'new' },
  });
  expect(pullRequests.map(({ delivery }) => payloadOf(delivery))).toEqual([
    expect.objectContaining({ action: 'synchronize', before: pullRequest.head.sha, after: sha }),
  ]);
  const octokit = await appOctokit(github);
  const { data } = await octokit.rest.pulls.get({ ...HELLO, pull_number: pullRequest.number });
  expect(data.head.sha).toBe(sha);
  expect(data.merge_commit_sha).not.toBe(pullRequest.merge_commit_sha);
  expect(data.updated_at).toBe('2026-03-01T10:00:02Z');
  const { data: files } = await octokit.rest.pulls.listFiles({ ...HELLO, pull_number: pullRequest.number });
  expect(files.map((file) => file.filename)).toEqual(['a.txt', 'change.md']);
});

test('a pull request from a fork names the fork, and null when the fork is gone', async () => {
  const { pullRequest } = await github.openPullRequest({ repository, head: 'theirs', fork: 'stranger' });
  expect(pullRequest.head.repo).toMatchObject({ full_name: 'stranger/hello', fork: true });
  expect(pullRequest.head.repo?.id).not.toBe(pullRequest.base.repo?.id);
  await github.deleteRepository('stranger/hello');
  const octokit = await appOctokit(github);
  const { data } = await octokit.rest.pulls.get({ ...HELLO, pull_number: pullRequest.number });
  expect(data.head.repo).toBeNull();
  const closed = github.closePullRequest({ repository, number: pullRequest.number });
  expect(payloadOf(closed.delivery)).toMatchObject({ pull_request: { head: { repo: null } } });
});

test('held deliveries wait, and can be sent in any order, many times and under chosen GUIDs', async () => {
  await github.webhooks.settled();
  github.webhooks.hold();
  const opened = await open('held');
  const closed = github.closePullRequest({ repository, number: opened.pullRequest.number });
  received.length = 0;
  await github.webhooks.send(closed.delivery, { times: 2 });
  await github.webhooks.send(opened.delivery, { guids: ['guid-1', 'guid-2'] });
  expect(received.map(({ action }) => action)).toEqual(['closed', 'closed', 'opened', 'opened']);
  expect(received.slice(0, 2).map(({ guid }) => guid)).toEqual([closed.delivery.guid, closed.delivery.guid]);
  expect(
    received
      .slice(2)
      .map(({ guid }) => guid)
      .sort(),
  ).toEqual(['guid-1', 'guid-2']);
  const released = await github.webhooks.release();
  expect(released.map(({ delivery }) => delivery.guid)).toContain(opened.delivery.guid);
});

test('a delivery that the App answered with 500 is listed as failed and can be asked for again', async () => {
  answerStatus = 500;
  const { delivery } = await open('failed-delivery');
  await github.webhooks.settled();
  answerStatus = 202;
  const octokit = octokitOf(github, github.appJwt());
  const { data: all } = await octokit.rest.apps.listWebhookDeliveries({ per_page: 50 });
  const failed = all.find((one) => one.guid === delivery.guid && one.event === 'pull_request');
  expect(failed).toMatchObject({ status_code: 500, redelivery: false });
  await octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
  await github.webhooks.settled();
  const again = github.webhooks.attempts.filter((attempt) => attempt.delivery.guid === delivery.guid);
  expect(again.map(({ status, redelivery }) => ({ status, redelivery }))).toEqual([
    { status: 500, redelivery: false },
    { status: 202, redelivery: true },
  ]);
});

test('a renamed repository says so and answers under its old name with a redirect', async () => {
  await github.createRepository({ fullName: 'acme/old-name' });
  const delivery = await github.renameRepository('acme/old-name', 'new-name');
  expect(payloadOf(delivery)).toMatchObject({
    action: 'renamed',
    changes: { repository: { name: { from: 'old-name' } } },
  });
  const octokit = octokitOf(github, await github.installationToken('acme/new-name'));
  const { data } = await octokit.rest.repos.get({ owner: 'acme', repo: 'old-name' });
  expect(data.full_name).toBe('acme/new-name');
});

test('after the App is uninstalled its tokens are refused', async () => {
  const octokit = await appOctokit(github);
  const delivery = github.changeInstallation({ account: 'acme', action: 'deleted' });
  expect(payloadOf(delivery)).toMatchObject({
    action: 'deleted',
    installation: { account: { login: 'acme' } },
  });
  await expect(octokit.rest.repos.get(HELLO)).rejects.toMatchObject({ status: 401 });
  github.changeInstallation({ account: 'acme', action: 'created' });
  await expect(octokit.rest.repos.get(HELLO)).resolves.toMatchObject({ status: 200 });
});

test.each([
  ['pull-request-opened', () => open('v1')],
  [
    'pull-request-synchronize',
    async () => (await open('v2'), (await github.push({ repository, branch: 'v2' })).pullRequests[0]),
  ],
  ['pull-request-closed', async () => github.closePullRequest(await numberOf('v3'))],
  ['pull-request-reopened', async () => github.reopenPullRequest(await numberOf('v4'))],
  [
    'pull-request-labeled',
    async () => github.labelPullRequest({ ...(await numberOf('v5')), label: 'preview' }),
  ],
  ['pull-request-converted-to-draft', async () => github.convertToDraft(await numberOf('v6'))],
  ['pull-request-ready-for-review', async () => github.markReadyForReview(await numberOf('v7'))],
  ['pull-request-edited', async () => github.editPullRequest({ ...(await numberOf('v8')), title: 'Better' })],
  [
    'workflow-run-completed',
    async () => ({ delivery: github.finishRun(await github.startRun(await numberOf('v9')), 'failure') }),
  ],
  ['check-run-rerequested', async () => ({ delivery: github.rerequestCheckRun(await checkRun('v10')) })],
  [
    'push',
    async () => ({
      delivery: (await github.push({ repository, branch: 'main', files: { 'p.txt': 'p' } })).push,
    }),
  ],
  [
    'installation-created',
    () => ({ delivery: github.changeInstallation({ account: 'acme', action: 'created' }) }),
  ],
  [
    'installation-repositories-added',
    () => ({
      delivery: github.changeInstallation({
        account: 'acme',
        event: 'installation_repositories',
        action: 'added',
        repositories: [repository],
      }),
    }),
  ],
])('the payload of %s is what GitHub describes', async (name, happen) => {
  const event = await happen();
  expect(githubValidator().webhook(name, payloadOf(event?.delivery as Delivery))?.errors).toBeUndefined();
});

async function numberOf(head: string) {
  const { pullRequest } = await open(head);
  return { repository, number: pullRequest.number };
}

async function checkRun(head: string) {
  const { pullRequest } = await open(head);
  const octokit = await appOctokit(github);
  const { data } = await octokit.rest.checks.create({
    ...HELLO,
    name: 'Preview',
    head_sha: pullRequest.head.sha,
  });
  return { repository, id: data.id };
}

test.each(['suspend', 'unsuspend'] as const)('%s names no repositories, as at GitHub', (action) => {
  const delivery = github.changeInstallation({ account: 'acme', action });
  expect(payloadOf(delivery)).not.toHaveProperty('repositories');
  expect(githubValidator().webhook(`installation-${action}`, payloadOf(delivery))?.errors).toBeUndefined();
});
