import { createHmac, createPrivateKey, createPublicKey } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { SignJWT, exportJWK } from 'jose';
import { createIdentity, type IdentityVerifier } from '../../../../app/github/identity/verify.js';
import { appKey, oidcKey } from '../../../support/run-keys.js';

const AUDIENCE = 'https://preview.example.com';
const MINUTE = 60_000;
const ELSEWHERE = '/elsewhere';
const pairOf = (pem: string) => ({ privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) });
const ours = pairOf(oidcKey());
const theirs = pairOf(appKey());

let server: Server;
let issuer = '';
let fetches = 0;
let answerKeys: () => { status: number; body: string; location?: string };
let now = Date.now();
let identity: IdentityVerifier;

beforeAll(async () => {
  server = createServer((request, response) => {
    fetches += 1;
    const { status, body, location } = request.url === ELSEWHERE ? theirKeys() : answerKeys();
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => void server.close());

beforeEach(async () => {
  const key = { ...(await exportJWK(ours.publicKey)), kid: 'k1', use: 'sig', alg: 'RS256' };
  answerKeys = () => ({ status: 200, body: JSON.stringify({ keys: [{ kty: 'EC', kid: 'k9' }, key] }) });
  fetches = 0;
  now = Date.now();
  identity = createIdentity({ issuer, audience: AUDIENCE, clock: { now: () => new Date(now) } });
});

/** What a redirect would lead to: a list that is fine in itself. */
function theirKeys(): ReturnType<typeof answerKeys> {
  const key = { ...theirs.publicKey.export({ format: 'jwk' }), kid: 'k2' };
  return { status: 200, body: JSON.stringify({ keys: [key] }) };
}

type Changes = Record<string, unknown>;

const seconds = () => Math.floor(now / 1000);

function claimsWith(changes: Changes = {}): Changes {
  const claims: Changes = {
    iss: issuer,
    aud: AUDIENCE,
    sub: 'repo:acme@9/hello@42:pull_request',
    jti: 'one',
    iat: seconds(),
    nbf: seconds(),
    exp: seconds() + 300,
    repository: 'acme/hello',
    repository_id: '42',
    repository_owner_id: '9',
    event_name: 'pull_request',
    ref: 'refs/pull/7/merge',
    sha: 'a'.repeat(40),
    run_id: '12345678901',
    run_attempt: '2',
    actor_id: '1',
    actor: 'octocat',
    ...changes,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

const sign = ({
  claims = {},
  header = {},
  key = ours.privateKey,
}: { claims?: Changes; header?: Changes; key?: typeof ours.privateKey } = {}) =>
  new SignJWT(claimsWith(claims))
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', typ: 'JWT', ...header })
    .sign(key);

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');

test('a token of a pull request says who runs, and for what', async () => {
  expect(await identity.verify(await sign())).toEqual({
    repoId: 42,
    ownerId: 9,
    repository: 'acme/hello',
    pullRequest: 7,
    runId: '12345678901',
    runAttempt: 2,
    actorId: 1,
    actor: 'octocat',
    mergeSha: 'a'.repeat(40),
    eventName: 'pull_request',
    jti: 'one',
    expiresAt: new Date((seconds() + 300) * 1000),
  });
});

test.each([
  ['acme/hello/.github/workflows/preview.yml@refs/pull/7/merge', '.github/workflows/preview.yml'],
  ['nothing of the kind', undefined],
  [7, undefined],
  [undefined, undefined],
])('of the workflow %p the file is kept, and one that cannot be read refuses nobody', async (ref, file) => {
  expect((await identity.verify(await sign({ claims: { workflow_ref: ref } }))).workflow).toBe(file);
});

test.each<[string, () => Promise<string> | string]>([
  ['is not signed at all', () => `${encode({ alg: 'none', kid: 'k1' })}.${encode(claimsWith())}.`],
  [
    'says none and has a signature',
    () => `${encode({ alg: 'none', kid: 'k1' })}.${encode(claimsWith())}.AAAA`,
  ],
  ['is signed with the public key as a secret', () => signedWithPublicKey()],
  ['is signed with a stranger’s key under a known name', () => sign({ key: theirs.privateKey })],
  ['is signed with RS512', () => sign({ header: { alg: 'RS512' } })],
  ['brings the address of its keys', () => sign({ header: { jku: `${AUDIENCE}/keys` } })],
  [
    'brings its key',
    async () => sign({ header: { jwk: await exportJWK(theirs.publicKey) }, key: theirs.privateKey }),
  ],
  ['brings the address of a certificate', () => sign({ header: { x5u: `${AUDIENCE}/x` } })],
  ['brings rules of its own', () => withHeader({ alg: 'RS256', kid: 'k1', crit: ['b64'], b64: true })],
  ['names no key', () => sign({ header: { kid: undefined } })],
  [
    'comes from another issuer',
    () => sign({ claims: { iss: 'https://token.actions.githubusercontent.com' } }),
  ],
  ['has an issuer with a slash more', () => sign({ claims: { iss: `${issuer}/` } })],
  ['has an issuer of an enterprise', () => sign({ claims: { iss: `${issuer}/acme` } })],
  ['has no issuer', () => sign({ claims: { iss: undefined } })],
  ['has no audience', () => sign({ claims: { aud: undefined } })],
  ['has two audiences', () => sign({ claims: { aud: [AUDIENCE, 'https://other.example'] } })],
  ['has a list of one audience', () => sign({ claims: { aud: [AUDIENCE] } })],
  ['has an audience that only begins like ours', () => sign({ claims: { aud: `${AUDIENCE}.evil` } })],
  ['has a part of our audience', () => sign({ claims: { aud: 'https://preview' } })],
  [
    'expired 31 s ago',
    () => sign({ claims: { iat: seconds() - 331, nbf: seconds() - 331, exp: seconds() - 31 } }),
  ],
  ['begins in 31 s', () => sign({ claims: { nbf: seconds() + 31 } })],
  ['was issued in 31 s', () => sign({ claims: { iat: seconds() + 31 } })],
  ['lives two hours', () => sign({ claims: { exp: seconds() + 7_200 } })],
  ['ends before it begins', () => sign({ claims: { iat: seconds() + 20, exp: seconds() + 10 } })],
  ['has times in words', () => sign({ claims: { exp: String(seconds() + 300) } })],
  ['has no id of its own', () => sign({ claims: { jti: undefined } })],
  ['has an empty id of its own', () => sign({ claims: { jti: '' } })],
  ['has no repository id', () => sign({ claims: { repository_id: undefined } })],
  ['has a repository id that is a number', () => sign({ claims: { repository_id: 42 } })],
  ['has a repository id with a space', () => sign({ claims: { repository_id: ' 42' } })],
  ['has a repository id with a zero in front', () => sign({ claims: { repository_id: '042' } })],
  ['has a repository id in hex', () => sign({ claims: { repository_id: '0x2a' } })],
  ['has a repository id beyond what is exact', () => sign({ claims: { repository_id: '9007199254740993' } })],
  ['has no owner id', () => sign({ claims: { repository_owner_id: undefined } })],
  ['has 20 KiB', () => sign({ claims: { actor: 'x'.repeat(20_000) } })],
  ['has padding', async () => `${await sign()}==`],
  ['has a line break', async () => `${await sign()}\n`],
  ['has a space in front', async () => ` ${await sign()}`],
  ['uses the other base64', async () => (await sign()).replace('.', '+.')],
  ['has a fourth part', async () => `${await sign()}.AAAA`],
  ['was changed after signing', async () => forged(await sign())],
  ['is signed but no JSON', () => signedText('not json')],
  ['is signed but a list', () => signedText('[]')],
  ['is a token of a person', () => 'ghp_0123456789abcdefghijklmnopqrstuvwxyzAB'],
  ['is a token of an installation', () => 'ghs_0123456789abcdefghijklmnopqrstuvwxyzAB'],
  ['is empty', () => ''],
])('a token that %s is refused, and is not repeated in the message', async (_what, make) => {
  const token = await make();
  const error = await identity.verify(token).then(
    () => null,
    (caught: unknown) => caught as Error,
  );
  expect(error).toMatchObject({ code: 'unauthorized' });
  const parts = token.split('.').filter((part) => part.length > 8);
  for (const part of parts)
    expect(`${error?.message} ${String(error?.cause)}`).not.toContain(part.slice(0, 40));
});

test('a token for another address is answered with the address that "server-url" must be', async () => {
  const token = await sign({ claims: { aud: 'http://127.0.0.1:3000' } });
  await expect(identity.verify(token)).rejects.toMatchObject({
    code: 'unauthorized',
    message: expect.stringContaining(`"server-url" of the Action must be ${AUDIENCE}, the PUBLIC_URL`),
  });
});

function signedWithPublicKey(): string {
  const secret = createPublicKey(ours.publicKey.export({ type: 'spki', format: 'pem' })).export({
    type: 'spki',
    format: 'pem',
  });
  const signed = `${encode({ alg: 'HS256', kid: 'k1' })}.${encode(claimsWith())}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

async function withHeader(header: Changes): Promise<string> {
  const [, payload = '', signature = ''] = (await sign()).split('.');
  return `${encode(header)}.${payload}.${signature}`;
}

async function forged(token: string): Promise<string> {
  const [header = '', , signature = ''] = token.split('.');
  return `${header}.${encode(claimsWith({ repository_id: '43' }))}.${signature}`;
}

async function signedText(text: string): Promise<string> {
  const { CompactSign } = await import('jose');
  return new CompactSign(new TextEncoder().encode(text))
    .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
    .sign(ours.privateKey);
}

test.each([
  'pull_request_target',
  'issue_comment',
  'workflow_run',
  'push',
  'workflow_dispatch',
  'schedule',
  'release',
  'PULL_REQUEST',
  'constructor',
  '',
])('a run of the event %p may not deploy, and hears why', async (event_name) => {
  const token = await sign({ claims: { event_name } });
  await expect(identity.verify(token)).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('use pull_request') as unknown,
  });
});

test.each([
  'refs/pull/7/head',
  'refs/pull/07/merge',
  'refs/pull/0/merge',
  'refs/heads/refs/pull/7/merge',
  'refs/pull/7/merge\n',
  'refs/heads/main',
  'refs/pull/99999999999/merge',
])('the ref %p belongs to no open pull request', async (ref) => {
  await expect(identity.verify(await sign({ claims: { ref } }))).rejects.toMatchObject({ code: 'forbidden' });
});

test.each([
  'repo:acme/hello:pull_request',
  'repo:acme@9/hello@42:pull_request',
  'repository_owner:acme:anything',
  undefined,
])('the subject %p is not looked at', async (sub) => {
  expect(await identity.verify(await sign({ claims: { sub } }))).toMatchObject({ repoId: 42 });
});

test('a repository that has only the name in common is another one', async () => {
  const squatter = await sign({ claims: { repository: 'acme/hello', repository_id: '43' } });
  expect(await identity.verify(squatter)).toMatchObject({ repoId: 43 });
});

test.each([
  ['expired 29 s ago', { iat: -300, exp: -29 }],
  ['begins in 29 s', { nbf: 29, iat: 29 }],
  ['lives 15 minutes', { exp: 900 }],
])('a token that %s is within what clocks differ', async (_what, offsets) => {
  const claims = Object.fromEntries(
    Object.entries(offsets).map(([name, offset]) => [name, seconds() + offset]),
  );
  const nbf = 'nbf' in claims ? {} : { nbf: undefined };
  expect(await identity.verify(await sign({ claims: { ...nbf, ...claims } }))).toMatchObject({ repoId: 42 });
});

test('ten thousand made-up keys cost one fetch in half a minute', async () => {
  const token = await sign({ header: { kid: 'unknown' } });
  const outcomes = await Promise.allSettled(Array.from({ length: 10_000 }, () => identity.verify(token)));
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect(fetches).toBe(1);
  now += 29_000;
  await expect(identity.verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
  expect(fetches).toBe(1);
  now += 2_000;
  await expect(identity.verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
  expect(fetches).toBe(2);
});

test('tokens for others cost no fetch at all', async () => {
  await expect(identity.verify(await sign({ claims: { iss: 'https://evil.example' } }))).rejects.toThrow();
  await expect(identity.verify('x')).rejects.toThrow();
  expect(fetches).toBe(0);
});

test('a new key of the issuer is found', async () => {
  await identity.verify(await sign());
  const key = { ...(await exportJWK(theirs.publicKey)), kid: 'k2' };
  answerKeys = () => ({ status: 200, body: JSON.stringify({ keys: [key] }) });
  now += 31_000;
  expect(await identity.verify(await sign({ header: { kid: 'k2' }, key: theirs.privateKey }))).toMatchObject({
    repoId: 42,
  });
  await expect(identity.verify(await sign())).rejects.toMatchObject({ code: 'unauthorized' });
});

test.each([
  ['down', { status: 500, body: 'down' }],
  ['empty', { status: 200, body: '{"keys":[]}' }],
  ['huge', { status: 200, body: `{"keys":[],"x":"${'x'.repeat(200_000)}"}` }],
  ['not JSON', { status: 200, body: '<html>' }],
  ['somewhere else', { status: 302, body: '', location: ELSEWHERE }],
])(
  'when the key list is %s, known keys hold for a day and more, and unknown ones are asked to come again',
  async (_what, answer) => {
    await identity.verify(await sign());
    answerKeys = () => answer;
    for (let hours = 0; hours < 25; hours += 1) {
      now += 60 * MINUTE;
      expect(await identity.verify(await sign())).toMatchObject({ repoId: 42 });
    }
    const unknown = await sign({ header: { kid: 'k2' }, key: theirs.privateKey });
    await expect(identity.verify(unknown)).rejects.toMatchObject({ code: 'unavailable' });
  },
);

test('a server that starts while the issuer is down says so, and recovers by itself', async () => {
  const list = answerKeys;
  answerKeys = () => ({ status: 503, body: '' });
  await expect(identity.verify(await sign())).rejects.toMatchObject({ code: 'unavailable' });
  answerKeys = list;
  now += 31_000;
  expect(await identity.verify(await sign())).toMatchObject({ repoId: 42 });
});

test('two days after the last key list that could be read, its keys count no more', async () => {
  await identity.verify(await sign());
  answerKeys = () => ({ status: 500, body: 'down' });
  now += 47 * 60 * MINUTE;
  expect(await identity.verify(await sign())).toMatchObject({ repoId: 42 });
  now += 61 * MINUTE;
  await expect(identity.verify(await sign())).rejects.toMatchObject({ code: 'unavailable' });
});

test('an issuer that is down is asked once in four seconds, however many tokens come', async () => {
  answerKeys = () => ({ status: 503, body: '' });
  const token = await sign();
  for (const asked of [1, 1, 2]) {
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => identity.verify(token)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(fetches).toBe(asked);
    now += 3_000;
  }
});

test('one answer of the issuer that is lost costs a run one try', async () => {
  const { status, body } = answerKeys();
  answerKeys = () => ({ status: 200, body: '<html>' });
  const token = await sign();
  await expect(identity.verify(token)).rejects.toMatchObject({ code: 'unavailable' });
  answerKeys = () => ({ status, body });
  // What the server tells a run to wait after a 503.
  now += 5_000;
  expect(await identity.verify(token)).toMatchObject({ repoId: 42 });
});

test('an issuer that never answers holds up no known key, and an unknown one only until the fetch is given up', async () => {
  const silent: typeof fetch = (_url, options) =>
    new Promise((_resolve, reject) => {
      const signal = options?.signal;
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    });
  let send = fetch;
  const clock = { now: () => new Date(now) };
  identity = createIdentity({ issuer, audience: AUDIENCE, clock, fetch: (...call) => send(...call) });
  await identity.verify(await sign());
  send = silent;
  now += 11 * MINUTE;
  expect(await identity.verify(await sign())).toMatchObject({ repoId: 42 });
  const unknown = await sign({ header: { kid: 'k2' }, key: theirs.privateKey });
  await expect(identity.verify(unknown)).rejects.toMatchObject({ code: 'unavailable' });
});

test('a key that the list marks for encryption checks no signature', async () => {
  const key = { ...(await exportJWK(ours.publicKey)), kid: 'k1', use: 'enc' };
  answerKeys = () => ({ status: 200, body: JSON.stringify({ keys: [key] }) });
  await expect(identity.verify(await sign())).rejects.toMatchObject({ code: 'unauthorized' });
});

const placeOf = async (claims: Changes) => {
  const { pullRequest, branch } = await identity.verify(await sign({ claims }), 'remove');
  return { pullRequest, branch };
};

test('a run that removes may belong to a pull request, to a merge, to a person or to a schedule', async () => {
  const main = 'refs/heads/main';
  expect(await placeOf({})).toEqual({ pullRequest: 7, branch: undefined });
  expect(await placeOf({ ref: main })).toEqual({ pullRequest: null, branch: 'main' });
  for (const event_name of ['workflow_dispatch', 'schedule'])
    expect(await placeOf({ event_name, ref: main })).toEqual({ pullRequest: null, branch: 'main' });
});

test.each(['pull_request_target', 'issue_comment', 'workflow_run', 'push', ''])(
  'a run of the event %p may remove nothing',
  async (event_name) => {
    const token = await sign({ claims: { event_name } });
    await expect(identity.verify(token, 'remove')).rejects.toMatchObject({ code: 'forbidden' });
  },
);
