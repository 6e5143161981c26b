import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import type { TokenChanges } from '../../../demo/github/identity/issuer.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import { startGitHub } from '../../../demo/github/start-github.js';
import type { RunContext } from '../../../demo/github/story/run-context.js';

const repository = 'acme/hello';
const audience = 'https://preview.example.com';
let github: EmulatedGitHub;

beforeAll(async () => void (github = await startTestGitHub()));
afterAll(() => github.close());

async function runOf(head: string, fork?: string): Promise<{ run: RunContext; headSha: string }> {
  const from = fork === undefined ? {} : { fork };
  const { pullRequest } = await github.openPullRequest({ repository, head, ...from });
  return {
    run: await github.startRun({ repository, number: pullRequest.number }),
    headSha: pullRequest.head.sha,
  };
}

async function askToken(run: RunContext, secret = run.idToken?.requestToken): Promise<Response> {
  const url = `${run.idToken?.requestUrl}&audience=${encodeURIComponent(audience)}`;
  return await fetch(url, { headers: { authorization: `Bearer ${secret}` } });
}

async function verify(token: string) {
  const discovery = await fetch(`${github.oidc.url}/.well-known/openid-configuration`);
  const { issuer, jwks_uri } = (await discovery.json()) as { issuer: string; jwks_uri: string };
  return await jwtVerify(token, createRemoteJWKSet(new URL(jwks_uri)), {
    issuer,
    audience,
    algorithms: ['RS256'],
  });
}

test('a job of a pull request gets a token that verifies and says what GitHub says', async () => {
  const { run, headSha } = await runOf('feature');
  const response = await askToken(run);
  const { value } = (await response.json()) as { value: string };
  const { payload } = await verify(value);
  const { id, owner } = run.repository.document;
  expect(payload).toMatchObject({
    iss: github.oidc.url,
    aud: audience,
    sub: `repo:acme@${owner.id}/hello@${id}:pull_request`,
    ref: run.ref,
    ref_type: 'branch',
    sha: run.sha,
    repository,
    repository_id: String(id),
    repository_owner: 'acme',
    repository_owner_id: String(owner.id),
    run_id: String(run.id),
    run_number: '1',
    run_attempt: '1',
    actor: 'octocat',
    head_ref: 'feature',
    base_ref: 'main',
    event_name: 'pull_request',
    workflow: 'preview',
    workflow_ref: `acme/hello/.github/workflows/preview.yml@${run.ref}`,
    job_workflow_ref: `acme/hello/.github/workflows/preview.yml@${run.ref}`,
    runner_environment: 'github-hosted',
    check_run_id: String(run.checkRunId),
  });
  expect(run.ref).toMatch(/^refs\/pull\/[1-9]\d*\/merge$/);
  expect(payload.sha).not.toBe(headSha);
  expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
});

test('every token has its own jti', async () => {
  const { run } = await runOf('jti');
  const tokens = await Promise.all(
    [1, 2, 3].map(async () => ((await (await askToken(run)).json()) as { value: string }).value),
  );
  expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(3);
});

test('without the request token there is no OIDC token', async () => {
  const { run } = await runOf('thief');
  expect((await askToken(run, 'guessed')).status).toBe(401);
});

test('a run of a fork has no identity and a token that only reads', async () => {
  const { run } = await runOf('from-fork', 'stranger');
  expect(run.idToken).toBeUndefined();
  const response = await fetch(`${github.url}/repos/acme/hello/issues/1/comments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${run.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ body: 'pwned' }),
  });
  expect(response.status).toBe(403);
});

test('a second attempt of a run keeps its id and counts its attempt', async () => {
  const { run } = await runOf('again');
  const { number } = run.event as { number: number };
  const again = await github.startRun({ repository, number, rerunOf: run });
  expect(again).toMatchObject({ id: run.id, number: run.number, attempt: 2 });
});

test.each<[string, TokenChanges]>([
  ['alg none', { header: { alg: 'none' } }],
  ['HS256 under the public key', { header: { alg: 'HS256' } }],
  ['a crit header', { header: { crit: ['b64'] } }],
  ['another issuer', { claims: { iss: 'https://evil.example.com' } }],
  ['two audiences, one wrong', { claims: { aud: ['https://other.example.com'] } }],
  ['an end in the past', { claims: { exp: Math.floor(Date.now() / 1000) - 31 } }],
])('a token with %s can be made and does not verify', async (_, changes) => {
  const token = github.oidc.sign({ ...changes, claims: { aud: audience, ...changes.claims } });
  await expect(verify(token)).rejects.toThrow();
});

test('the token of a job can be made with claims and header fields changed or taken away', async () => {
  const { run } = await runOf('forged');
  const claims = { aud: audience, event_name: 'push', jti: undefined };
  const token = github.signToken(run, { claims, header: { kid: undefined } });
  expect(decodeJwt(token)).toMatchObject({ aud: audience, event_name: 'push', run_id: String(run.id) });
  expect(decodeJwt(token)).not.toHaveProperty('jti');
  expect(decodeProtectedHeader(token)).not.toHaveProperty('kid');
});

test('a GitHub that is given no keys makes fresh ones, for the App and for the tokens', async () => {
  const fresh = await startGitHub();
  expect(fresh.app.privateKey).toContain('PRIVATE KEY');
  expect(fresh.app.privateKey).not.toBe(github.app.privateKey);
  expect(fresh.oidc.publicKey).toContain('PUBLIC KEY');
  expect(fresh.oidc.publicKey).not.toBe(github.oidc.publicKey);
  await fresh.close();
});
