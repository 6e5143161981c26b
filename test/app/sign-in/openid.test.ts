import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createOpenIdProvider } from '../../../app/sign-in/openid.js';
import type { Provider } from '../../../src/people/sign-in.js';
import {
  type Behaviour,
  CLIENT,
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../support/open-id-provider.js';

const CHALLENGE = { state: 's'.repeat(43), nonce: 'n'.repeat(43), codeVerifier: 'v'.repeat(43) };
const ADA = { sub: 'ada-1', name: 'Ada', email: 'ada@example.com', email_verified: true };
const CALLBACK = 'https://vitrine.example.com/sign-in/openid/callback';

let server: OpenIdProvider;
let ours: Provider;
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  server = await startOpenIdProvider(ADA);
  ours = createOpenIdProvider({
    ...{ ...CLIENT, name: 'openid', label: 'Example', issuer: server.issuer, scope: 'openid email' },
    ...{
      callbackUrl: CALLBACK,
      log: (_level, message, fields) => lines.push(message + JSON.stringify(fields)),
    },
  });
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

async function signIn(change: Partial<Behaviour> = {}) {
  Object.assign(server.behaviour, change);
  const back = await server.authorize(await ours.begin(CHALLENGE));
  return ours.finish(back.searchParams, CHALLENGE);
}

test('the person is who the signed answer names, and the address counts as the provider says', async () => {
  expect(await signIn()).toEqual({
    person: {
      account: { provider: 'openid', issuer: server.issuer, subject: 'ada-1' },
      ...{ name: 'Ada', email: 'ada@example.com', emailVerified: true, avatarUrl: null },
    },
    tokens: null,
  });
  const [sent] = server.exchanges;
  expect(sent?.get('code_verifier')).toBe(CHALLENGE.codeVerifier);
  expect(sent?.get('redirect_uri')).toBe(CALLBACK);
});

test('state, nonce, PKCE and the exact callback URL are sent to the provider', async () => {
  const asked = (await ours.begin(CHALLENGE)).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    ...{ state: CHALLENGE.state, nonce: CHALLENGE.nonce, redirect_uri: CALLBACK },
    ...{ code_challenge_method: 'S256', client_id: CLIENT.clientId, response_type: 'code' },
  });
  expect(asked.get('code_challenge')).not.toBe(CHALLENGE.codeVerifier);
});

test.each<[string, Identityish, boolean]>([
  ['says nothing about the address', { sub: 'a', email: 'a@example.com' }, false],
  ['says that it is not proven', { sub: 'a', email: 'a@example.com', email_verified: false }, false],
  ['says so in words', { sub: 'a', email: 'a@example.com', email_verified: 'true' }, true],
  ['names no address', { sub: 'a', email_verified: true }, false],
])('a provider that %s', async (_what, person, emailVerified) => {
  expect((await signIn({ person })).person).toMatchObject({ emailVerified });
});

type Identityish = Behaviour['person'];

test('an address that only the userinfo names is asked for', async () => {
  expect((await signIn({ emailInUserInfoOnly: true })).person).toMatchObject({
    email: 'ada@example.com',
    emailVerified: true,
  });
});

test.each<[string, () => Partial<Behaviour>]>([
  ['of another issuer', () => ({ claims: { iss: 'https://evil.example' } })],
  ['for another client', () => ({ claims: { aud: 'somebody-else' } })],
  ['with another nonce', () => ({ claims: { nonce: 'x'.repeat(43) } })],
  ['that has ended', () => ({ claims: { exp: 1_000 } })],
  ['without a signature', () => ({ header: { alg: 'none' } })],
  ['signed with an unknown key', () => ({ header: { kid: 'unknown' } })],
  ['whose browser brought the name of another provider', () => ({ responseIssuer: 'https://evil.example' })],
])('an answer %s is refused, and says nothing of it to the person', async (_what, change) => {
  const answer = await signIn(change()).catch((error: unknown) => error);
  expect(answer).toMatchObject({ message: 'Example did not confirm who you are. Sign in again.' });
  expect(lines.join('\n')).not.toContain(CLIENT.clientSecret);
});

test('an answer with another state than the one that was sent is refused', async () => {
  const back = await server.authorize(await ours.begin(CHALLENGE));
  back.searchParams.set('state', 'x'.repeat(43));
  await expect(ours.finish(back.searchParams, CHALLENGE)).rejects.toMatchObject({ code: 'bad_request' });
});

test('a provider that is away is asked again at the next try', async () => {
  const away = createOpenIdProvider({
    ...{ ...CLIENT, name: 'google', label: 'Google', issuer: 'http://127.0.0.1:9', scope: 'openid' },
    ...{ callbackUrl: CALLBACK, log: () => undefined },
  });
  for (const again of [1, 2])
    await expect([again, away.begin(CHALLENGE)][1]).rejects.toMatchObject({ code: 'bad_gateway' });
});
