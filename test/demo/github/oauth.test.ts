import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import { octokitOf } from './clients.js';

const CALLBACK = 'http://localhost:3000/sign-in/github/callback';
const VERIFIER = 'v'.repeat(43);
let github: EmulatedGitHub;

beforeAll(async () => {
  github = await startTestGitHub({
    users: ['octavia', 'hubot'],
    repositories: [
      { fullName: 'acme/hello', private: true, collaborators: { hubot: 'write' } },
      { fullName: 'acme/other', private: true },
    ],
    app: { callbackUrls: [CALLBACK] },
  });
});
afterAll(async () => {
  const violations = [...github.violations];
  await github.close();
  expect(violations).toEqual([]);
});

async function codeOf(login: string): Promise<string> {
  const body = new URLSearchParams({
    ...{ client_id: github.app.clientId, redirect_uri: CALLBACK, state: 's', login },
    ...{
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
    },
  });
  const chosen = await fetch(`${github.url}/login/oauth/authorize`, {
    method: 'POST',
    body,
    redirect: 'manual',
  });
  return new URL(chosen.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

async function tokens(fields: Record<string, string>): Promise<Record<string, string>> {
  const { clientId: client_id, clientSecret: client_secret } = github.app;
  const body = new URLSearchParams({ client_id, client_secret, ...fields });
  const answer = await fetch(`${github.url}/login/oauth/access_token`, { method: 'POST', body });
  return (await answer.json()) as Record<string, string>;
}

const exchange = async (login: string, fields: Record<string, string> = {}) =>
  tokens({ code: await codeOf(login), redirect_uri: CALLBACK, code_verifier: VERIFIER, ...fields });

test('only a registered callback is sent to, and only the right verifier, address, secret and an unused code give tokens', async () => {
  const evil = new URLSearchParams({ client_id: github.app.clientId, redirect_uri: `${CALLBACK}/evil` });
  expect((await fetch(`${github.url}/login/oauth/authorize?${String(evil)}`)).status).toBe(400);
  expect(await exchange('hubot', { code_verifier: 'wrong' })).toEqual({ error: 'bad_verification_code' });
  expect(await exchange('hubot', { redirect_uri: 'http://localhost' })).toEqual({
    error: 'redirect_uri_mismatch',
  });
  expect(await exchange('hubot', { client_secret: 'x' })).toEqual({ error: 'incorrect_client_credentials' });
  const code = await codeOf('hubot');
  const once = { code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
  expect(await tokens(once)).toMatchObject({ token_type: 'bearer', scope: '', expires_in: 28_800 });
  expect(await tokens(once)).toEqual({ error: 'bad_verification_code' });
});

test('a refresh token works once, and the access token before it ends', async () => {
  const first = await exchange('hubot');
  const refresh = { grant_type: 'refresh_token', refresh_token: first['refresh_token'] ?? '' };
  const second = await tokens(refresh);
  expect(second['access_token']).toMatch(/^ghu_/);
  expect(await tokens(refresh)).toEqual({ error: 'bad_refresh_token' });
  const user = (token = '') => octokitOf(github, token).rest.users.getAuthenticated();
  await expect(user(first['access_token'])).rejects.toMatchObject({ status: 401 });
  expect((await user(second['access_token'])).data).toMatchObject({ login: 'hubot' });
});

test('a person sees the installations and repositories that name them, and their addresses', async () => {
  const { access_token: token = '' } = await exchange('hubot');
  const { rest } = octokitOf(github, token);
  const { data: seen } = await rest.apps.listInstallationsForAuthenticatedUser();
  expect(seen.installations.map(({ id }) => id)).toEqual([github.installationId('acme')]);
  const installation_id = seen.installations[0]?.id ?? 0;
  const { data } = await rest.apps.listInstallationReposForAuthenticatedUser({ installation_id });
  expect(data.repositories.map(({ full_name }) => full_name)).toEqual(['acme/hello']);
  expect((await rest.users.listEmailsForAuthenticatedUser()).data).toMatchObject([
    { email: 'hubot@example.com', primary: true, verified: true },
  ]);
});

test('an authorization that is revoked ends every token of the person', async () => {
  const { access_token: token = '' } = await exchange('octavia');
  const { clientId, clientSecret } = github.app;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const revoked = await fetch(`${github.url}/applications/${clientId}/grant`, {
    method: 'DELETE',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: token }),
  });
  expect(revoked.status).toBe(204);
  await expect(octokitOf(github, token).rest.users.getAuthenticated()).rejects.toMatchObject({ status: 401 });
});
