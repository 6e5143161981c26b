import { expect, test } from '@jest/globals';
import {
  accessTokenOf,
  type GitHubAccessPorts,
  reachOf,
  sealTokens,
} from '../../src/people/github-access.js';
import type { GitHubConnection, GitHubUsers } from '../../src/people/github-connection.js';
import { GitHubFailure } from '../../src/repositories/github.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const at = (ms: number) => new Date(NOW.getTime() + ms);
const MINUTE = 60_000;
const seal = createSeal(parseKeys(createKey('k1')));
const TOKENS = {
  ...{ access: 'ghu_1', refresh: 'ghr_1', scope: '' },
  ...{ accessExpiresAt: at(8 * 60 * MINUTE), refreshExpiresAt: at(90 * 24 * 60 * MINUTE) },
};

/** A store that holds one connection; its real one passes the contract suite. */
function holding(fields: Partial<GitHubConnection>, githubUsers: Partial<GitHubUsers> = {}) {
  let connection: GitHubConnection = {
    ...{ userId: 'u1', githubId: 7, login: 'ada', connectedAt: NOW, version: 1, brokenAt: null },
    ...{ reach: null, epoch: 1, ...sealTokens({ seal }, 'u1', TOKENS), ...fields },
  };
  const given: string[] = [];
  const ports: GitHubAccessPorts = {
    seal,
    clock: { now: () => NOW },
    log: () => undefined,
    newId: () => 'w1',
    githubUsers: {
      refresh: () => Promise.reject(new Error('GitHub should not be asked.')),
      revoke: () => Promise.resolve(),
      reach: () => Promise.reject(new Error('GitHub should not be asked.')),
      ...githubUsers,
    },
    connections: {
      save: () => Promise.resolve(),
      get: () => Promise.resolve(connection),
      lease: () => Promise.resolve(given.push('lease') > 0),
      refreshed: (_seen, { tokens }) => {
        given.push(tokens ? 'stored' : 'given back');
        if (tokens) connection = { ...connection, ...tokens, version: 2 };
        return Promise.resolve(true);
      },
      markBroken: () => {
        connection = { ...connection, brokenAt: NOW };
        return Promise.resolve();
      },
      keepReach: (_seen, reach) => {
        connection = { ...connection, reach };
        return Promise.resolve();
      },
      removeOfAccount: () => Promise.resolve(0),
      forgetReach: () => Promise.resolve(),
      remove: () => Promise.resolve(true),
    },
  };
  return { ports, given, now: () => connection };
}

test('a token that lasts is used as it is', async () => {
  expect(await accessTokenOf(holding({}).ports, 'u1')).toBe('ghu_1');
  expect(await accessTokenOf(holding({ accessExpiresAt: null, refreshToken: null }).ports, 'u1')).toBe(
    'ghu_1',
  );
});

test('a token that ends within a minute is replaced under a lease', async () => {
  const fresh = { ...TOKENS, access: 'ghu_2', refresh: 'ghr_2' };
  const refresh = (token: string) => Promise.resolve(token === 'ghr_1' ? fresh : null);
  const { ports, given } = holding({ accessExpiresAt: at(MINUTE - 1) }, { refresh });
  expect(await accessTokenOf(ports, 'u1')).toBe('ghu_2');
  expect(given).toEqual(['lease', 'stored']);
});

test.each<[string, Partial<GitHubConnection>, Partial<GitHubUsers>]>([
  ['GitHub refuses the refresh token', {}, { refresh: () => Promise.resolve(null) }],
  ['the refresh token has ended', { refreshExpiresAt: at(-1) }, {}],
  ['there is no refresh token', { refreshToken: null }, {}],
  ['the key that sealed it is gone', { refreshToken: 'v1.lost' }, {}],
  [
    'it was sealed for another person',
    { refreshToken: seal.seal('ghr_1', 'github-connection refresh u2') },
    {},
  ],
])('when %s, the person must sign in again and loses nothing else', async (_what, fields, users) => {
  const { ports, now } = holding({ accessExpiresAt: at(-1), ...fields }, users);
  expect(await accessTokenOf(ports, 'u1')).toBeNull();
  expect(now()).toMatchObject({ brokenAt: NOW, login: 'ada' });
});

test('when GitHub cannot be asked, the lease is given back and the tokens stay', async () => {
  const refresh = () => Promise.reject(new GitHubFailure('ambiguous', 'GitHub is away.'));
  const { ports, given, now } = holding({ accessExpiresAt: at(-1) }, { refresh });
  await expect(accessTokenOf(ports, 'u1')).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(given).toEqual(['lease', 'given back']);
  expect(now()).toMatchObject({ version: 1, brokenAt: null });
});

test('what GitHub listed counts for five minutes', async () => {
  const kept = { repoIds: [1], installationIds: [51] };
  const asked = { repoIds: [2], installationIds: [51] };
  const reach = () => Promise.resolve(asked);
  expect(await reachOf(holding({ reach: { ...kept, at: at(-5 * MINUTE + 1) } }).ports, 'u1')).toMatchObject(
    kept,
  );
  const old = holding({ reach: { ...kept, at: at(-5 * MINUTE) } }, { reach });
  expect(await reachOf(old.ports, 'u1')).toEqual(asked);
  expect(old.now().reach).toEqual({ ...asked, at: NOW });
});

test('an authorization that was taken back on GitHub is noticed and shows nothing', async () => {
  const { ports, now } = holding({}, { reach: () => Promise.resolve(null) });
  expect(await reachOf(ports, 'u1')).toBeNull();
  expect(now().brokenAt).toEqual(NOW);
  expect(await reachOf(ports, 'u1')).toBeNull();
});
