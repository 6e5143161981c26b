import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';
import { startApp, type TestApp } from '../../../support/start-app.js';

const GITLAB_TOKEN = 'the token of our GitLab';
const SIGNING_KEY = randomBytes(32);
const BITBUCKET_SECRET = 'the secret of our Bitbucket';

let app: TestApp;
let plain: TestApp;

beforeAll(async () => {
  const others = { gitlabToken: GITLAB_TOKEN, bitbucketSecret: BITBUCKET_SECRET };
  const gitlabSigningToken = `whsec_${SIGNING_KEY.toString('base64')}`;
  app = await startApp({ secrets: { others: { ...others, gitlabSigningToken } } });
  plain = await startApp();
});
afterAll(async () => {
  await app.close();
  await plain.close();
});

const MERGE = JSON.stringify({
  object_kind: 'merge_request',
  project: { path_with_namespace: 'group/sub/site' },
  object_attributes: { iid: 12, title: 'Bigger buttons' },
});
const PUSH = JSON.stringify({ repository: { full_name: 'team/site' }, push: { changes: [] } });

type Headers = Readonly<Record<string, string | undefined>>;

function post(path: string, body: string, headers: Headers, to = app): Promise<Response> {
  const all = { 'content-type': 'application/json', ...headers };
  const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined);
  return fetch(`${to.url}/api/${path}/webhooks`, { method: 'POST', headers: given, body });
}

function ofGitLab(body: string, id: string, seconds = Math.floor(Date.now() / 1_000)): Headers {
  const signature = createHmac('sha256', SIGNING_KEY).update(`${id}.${seconds}.${body}`).digest('base64');
  return {
    'x-gitlab-event': 'Merge Request Hook',
    'x-gitlab-token': GITLAB_TOKEN,
    'idempotency-key': id,
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': `v1,${signature}`,
  };
}

function ofBitbucket(body: string, id: string): Headers {
  const hex = createHmac('sha256', BITBUCKET_SECRET).update(body).digest('hex');
  return { 'x-event-key': 'repo:push', 'x-request-uuid': id, 'x-hub-signature': `sha256=${hex}` };
}

test('a webhook of GitLab is kept whole under its provider, once for all attempts, and handed to no handler', async () => {
  for (let attempt = 0; attempt < 2; attempt += 1)
    expect((await post('gitlab', MERGE, ofGitLab(MERGE, 'g-1'))).status).toBe(202);
  await app.drain();
  const kept = await app.ports.inbox.get('gitlab-g-1');
  expect(kept).toMatchObject({
    provider: 'gitlab',
    event: 'merge-request-hook',
    repository: 'group/sub/site',
    pullRequest: 12,
    repoId: null,
    status: DELIVERY_STATUS.retained,
    attempts: 0,
    decision: {
      action: 'keep',
      rule: 'provider-not-handled',
      detail: expect.stringContaining('not handled yet'),
    },
    headers: { 'x-gitlab-event': 'Merge Request Hook', 'webhook-id': 'g-1' },
  });
  expect(Buffer.from(kept?.body ?? []).toString()).toBe(MERGE);
  expect(JSON.stringify(kept?.headers)).not.toContain(GITLAB_TOKEN);
  expect((await app.ports.inbox.list({ provider: 'gitlab' }, { limit: 10 })).items).toHaveLength(1);
  expect(await app.ports.inbox.claim({ owner: 'w', leaseMs: 1, limit: 10 })).toEqual([]);
});

test('a webhook of Bitbucket is kept whole under its provider', async () => {
  expect((await post('bitbucket', PUSH, ofBitbucket(PUSH, '{b-1}'))).status).toBe(202);
  expect(await app.ports.inbox.get('bitbucket-b-1')).toMatchObject({
    provider: 'bitbucket',
    event: 'repo:push',
    repository: 'team/site',
    status: DELIVERY_STATUS.retained,
  });
});

const late = Math.floor(Date.now() / 1_000) - 600;

test.each<[string, string, string, Headers, number]>([
  ['another token', 'gitlab', MERGE, { ...ofGitLab(MERGE, 'x'), 'x-gitlab-token': 'no' }, 400],
  ['no token', 'gitlab', MERGE, { ...ofGitLab(MERGE, 'x'), 'x-gitlab-token': undefined }, 400],
  ['no signature', 'gitlab', MERGE, { ...ofGitLab(MERGE, 'x'), 'webhook-signature': undefined }, 400],
  ['a signature of another id', 'gitlab', MERGE, { ...ofGitLab(MERGE, 'x'), 'webhook-id': 'y' }, 400],
  ['an old signature', 'gitlab', MERGE, ofGitLab(MERGE, 'x', late), 400],
  ['a signature of other bytes', 'gitlab', `${MERGE} `, ofGitLab(MERGE, 'x'), 400],
  ['no event', 'gitlab', MERGE, { ...ofGitLab(MERGE, 'x'), 'x-gitlab-event': undefined }, 400],
  ['a form', 'gitlab', MERGE, { ...ofGitLab(MERGE, 'x'), 'content-type': 'text/plain' }, 415],
  ['no JSON', 'gitlab', '{', ofGitLab('{', 'x'), 400],
  ['a signature of other bytes', 'bitbucket', `${PUSH} `, ofBitbucket(PUSH, 'x'), 400],
  ['no signature', 'bitbucket', PUSH, { 'x-event-key': 'repo:push' }, 400],
  [
    'the signature of another secret',
    'bitbucket',
    PUSH,
    { ...ofBitbucket(PUSH, 'x'), 'x-hub-signature': `sha256=${'0'.repeat(64)}` },
    400,
  ],
])('%s of %s is refused and nothing is kept', async (_what, provider, body, headers, status) => {
  expect((await post(provider, body, headers)).status).toBe(status);
  expect(await app.ports.inbox.get(`${provider}-x`)).toBeNull();
});

test('without a secret the webhooks of a provider are off', async () => {
  for (const [provider, body, headers] of [
    ['gitlab', MERGE, ofGitLab(MERGE, 'x')],
    ['bitbucket', PUSH, ofBitbucket(PUSH, 'x')],
  ] as const) {
    const response = await post(provider, body, headers, plain);
    expect([response.status, await response.json()]).toMatchObject([
      404,
      { error: { message: expect.stringMatching(/are off: set (GITLAB|BITBUCKET)_/) } },
    ]);
  }
});

test('a webhook that GitHub did not sign cannot come in at its own path with the token of GitLab', async () => {
  expect((await post('github', MERGE, ofGitLab(MERGE, 'x'))).status).toBe(400);
});
