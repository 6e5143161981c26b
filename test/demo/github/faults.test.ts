import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import type { Fault } from '../../../demo/github/gateway/faults.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import { appOctokit, HELLO, type octokitOf } from './clients.js';

let github: EmulatedGitHub;
let delays: number[];
let octokit: ReturnType<typeof octokitOf>;
let place: { owner: string; repo: string; issue_number: number };

beforeEach(async () => {
  delays = [];
  github = await startTestGitHub({ delay: async (ms) => void delays.push(ms) });
  octokit = await appOctokit(github);
  const { pullRequest } = await github.openPullRequest({ repository: 'acme/hello', head: 'feature' });
  place = { ...HELLO, issue_number: pullRequest.number };
});

afterEach(() => github.close());

const comment = (body = 'hello', timeout = 5000) =>
  octokit.rest.issues.createComment({ ...place, body, request: { signal: AbortSignal.timeout(timeout) } });
const countComments = async () => (await octokit.rest.issues.listComments(place)).data.length;
const onComments = { method: 'POST', path: /\/comments$/ } as const;

test.each<[string, Partial<Fault> & { kind: Fault['kind'] }, object, number]>([
  [
    '403 with retry-after',
    { kind: 'status', status: 403, headers: { 'retry-after': '7' } },
    { status: 403, response: { headers: { 'retry-after': '7' } } },
    0,
  ],
  [
    'a secondary limit',
    { kind: 'secondary-limit', retryAfter: 3 },
    { status: 403, message: expect.stringContaining('secondary rate limit') },
    0,
  ],
  [
    'the primary limit',
    { kind: 'primary-limit' },
    { status: 403, response: { headers: { 'x-ratelimit-remaining': '0' } } },
    0,
  ],
  ['429', { kind: 'status', status: 429 }, { status: 429 }, 0],
  ['500', { kind: 'status' }, { status: 500 }, 0],
  ['502', { kind: 'status', status: 502 }, { status: 502 }, 0],
  ['502 after applying', { kind: 'apply-then-502' }, { status: 502 }, 1],
  ['a reset', { kind: 'reset' }, { status: 500 }, 0],
  ['a reset after applying', { kind: 'apply-then-reset' }, { status: 500 }, 1],
])('%s fails one request and leaves the right number of comments', async (_, fault, error, comments) => {
  github.fail({ ...onComments, ...fault });
  await expect(comment()).rejects.toMatchObject(error);
  expect(await countComments()).toBe(comments);
  await comment();
  expect(await countComments()).toBe(comments + 1);
});

test.each<[Fault['kind'], number]>([
  ['hang', 0],
  ['apply-then-hang', 1],
])('%s never answers', async (kind, comments) => {
  github.fail({ ...onComments, kind });
  await expect(comment('hello', 300)).rejects.toMatchObject({ status: 500 });
  expect(await countComments()).toBe(comments);
  expect(github.requests(onComments)[0]?.status).toBeUndefined();
});

test('latency delays the answer and nothing else', async () => {
  github.fail({ ...onComments, kind: 'latency', ms: 120 });
  await comment();
  expect(delays).toEqual([120]);
  expect(await countComments()).toBe(1);
});

test('a fault hits as often as asked, and stops when told', async () => {
  github.fail({ ...onComments, kind: 'status', status: 502, times: 5 });
  await expect(comment()).rejects.toMatchObject({ status: 502 });
  await expect(comment()).rejects.toMatchObject({ status: 502 });
  github.stopFailing();
  await comment();
  expect(github.requests(onComments).map(({ status }) => status)).toEqual([502, 502, 201]);
  expect(github.writes()).toBe(3);
});

test('a body that GitHub would refuse is answered 422 and kept as a violation', async () => {
  const head_sha = 'a'.repeat(40);
  const wrong = octokit.request('POST /repos/{owner}/{repo}/check-runs', {
    ...HELLO,
    name: 7,
    head_sha,
  } as never);
  await expect(wrong).rejects.toMatchObject({ status: 422 });
  expect(github.violations).toEqual([
    {
      side: 'request',
      operation: 'checks/create',
      errors: [expect.stringContaining('/name must be string')],
    },
  ]);
});

test.each([
  ['GET', '/repos/acme/hello/pulls?per_page=many', 'pulls/list'],
  ['GET', '/repos/acme/hello/pulls?state=opened', 'pulls/list'],
  ['POST', '/repos/acme/hello/previews', 'POST /repos/acme/hello/previews'],
])('%s %s is a violation', async (method, path, operation) => {
  const token = github.userToken('octocat');
  const response = await fetch(github.url + path, { method, headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(422);
  expect(github.violations).toEqual([expect.objectContaining({ operation })]);
});
