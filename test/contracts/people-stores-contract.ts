import { expect, test } from '@jest/globals';
import type { Stores } from '../../app/ports.js';
import { countTry } from '../../src/people/request-rates.js';
import { newSession } from '../../src/people/session.js';
import type { NewUser } from '../../src/people/user.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';

type People = Pick<
  Stores,
  'users' | 'sessions' | 'pendingSignIns' | 'requestRates' | 'connections' | 'members' | 'tokens'
>;

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (ms: number) => new Date(NOW.getTime() + ms);
const idOf = (number: number) => String(number).padStart(24, '0');
const HOUR = 60 * 60_000;

const ada: NewUser = {
  ...{ name: 'Ada', login: 'ada', email: 'Ada@example.com', emailVerified: true, avatarUrl: null },
  ...{ githubId: 7, googleId: 'g-7', openId: { issuer: 'https://id.example', subject: 's-7' } },
};
const nobody = { githubId: null, googleId: null, openId: null, login: null };

/** What the stores of people must do. `create` gives empty ones for each test. */
export function testPeopleStores(name: string, create: () => Promise<People>): void {
  test(`${name}: a person is found by each account and by the proven address, and by nothing else`, async () => {
    const { users } = await create();
    const made = await users.create(ada);
    expect(made).toMatchObject({ ...ada, active: true, preferences: { theme: 'system' }, signedInAt: null });
    expect(await users.get(made?.id ?? '')).toEqual(made);
    expect(await users.byAccount({ provider: 'github', id: 7 })).toEqual(made);
    expect(await users.byAccount({ provider: 'google', id: 'g-7' })).toEqual(made);
    const openId = { provider: 'openid', issuer: 'https://id.example', subject: 's-7' } as const;
    expect(await users.byAccount(openId)).toEqual(made);
    expect(await users.byProvenEmail('ada@EXAMPLE.com')).toEqual(made);
    expect(await users.byAccount({ ...openId, issuer: 'https://other.example' })).toBeNull();
    expect(await users.byProvenEmail('grace@example.com')).toBeNull();
  });

  test(`${name}: an account and a proven address belong to one person; an unproven one to anybody`, async () => {
    const { users } = await create();
    await users.create(ada);
    expect(await users.create({ ...ada, ...nobody, githubId: 7 })).toBeNull();
    expect(await users.create({ ...ada, ...nobody, email: 'ADA@example.com' })).toBeNull();
    const unproven = await users.create({ ...ada, ...nobody, emailVerified: false });
    expect(unproven).toMatchObject({ email: 'Ada@example.com', emailVerified: false });
    const proving = users.change(unproven?.id ?? '', { emailVerified: true });
    await expect(proving).rejects.toMatchObject({ code: 'conflict' });
    expect(await users.change(idOf(9), { name: 'Nobody' })).toBeNull();
    const moved = await users.change(unproven?.id ?? '', { email: 'a@example.com', emailVerified: true });
    expect(await users.byProvenEmail('a@example.com')).toEqual(moved);
  });

  test(`${name}: of two accounts that are taken away at once, one stays`, async () => {
    const { users } = await create();
    const made = await users.create({ ...ada, openId: null });
    if (!made) throw new Error('There is no person.');
    const answers = await Promise.all([users.disconnect(made, 'github'), users.disconnect(made, 'google')]);
    expect(answers.filter((one) => one === null)).toHaveLength(1);
    const left = await users.get(made.id);
    expect([left?.githubId, left?.googleId].filter((one) => one !== null)).toHaveLength(1);
    expect(await users.disconnect({ ...made, id: idOf(9) }, 'google')).toBeNull();
  });

  test(`${name}: webhooks and sign-ins know one person, who is renamed and keeps their identity`, async () => {
    const { users } = await create();
    const seen = { githubId: 5, login: 'mona', email: null, avatarUrl: 'https://a' };
    const first = await users.saveFromGitHub(seen);
    const signedIn = await users.change(first.id, { email: 'mona@example.com', emailVerified: true });
    const renamed = await users.saveFromGitHub({ ...seen, login: 'lisa', email: 'public@example.com' });
    expect(renamed).toMatchObject({ id: first.id, login: 'lisa', name: 'lisa', email: 'mona@example.com' });
    expect(await users.byProvenEmail('mona@example.com')).toMatchObject({ id: signedIn?.id });
    // The login that is free again belongs to whoever is seen with it last.
    const next = await users.saveFromGitHub({ ...seen, githubId: 6, login: 'lisa' });
    expect(await users.byLogin('lisa')).toMatchObject({ id: next.id });
    expect([await users.byLogin('mona'), await users.byLogin('LISA')]).toEqual([null, null]);
    await users.remove(first.id);
    expect(await users.get(first.id)).toBeNull();
  });

  test(`${name}: a session is found by its newest cookie and the one before, and ends alone or with all`, async () => {
    const { sessions } = await create();
    const who = { userId: 'u1', way: 'github', device: 'Firefox', address: '::1', now: NOW };
    const made = [1, 2, 3].map((number) => newSession({ id: idOf(number), ...who }));
    for (const { session } of made) await sessions.create(session);
    const [{ session: first }] = made as [(typeof made)[number]];
    const hashes = ['new', first.hashes[0] ?? ''];
    expect(await sessions.change(first, { hashes })).toBe(true);
    expect(await sessions.change(first, { hashes: ['other'] })).toBe(false);
    for (const hash of hashes) expect(await sessions.byHash(hash)).toMatchObject({ id: first.id, hashes });
    expect(await sessions.byHash('other')).toBeNull();
    const page = await sessions.ofUser('u1', { limit: 2 });
    expect(page.items.map(({ id }) => id)).toEqual([idOf(3), idOf(2)]);
    expect(JSON.stringify(page)).not.toMatch(/hashes|proofKey/);
    const rest = await sessions.ofUser('u1', { limit: 2, cursor: page.nextCursor ?? '' });
    expect(rest).toMatchObject({ items: [{ id: idOf(1) }], nextCursor: null });
    expect(await sessions.end('u2', idOf(1))).toBe(false);
    expect(await sessions.end('u1', idOf(1))).toBe(true);
    expect(await sessions.endAll('u1', idOf(3))).toBe(1);
    expect(await sessions.deleteExpired(later(8 * HOUR))).toBe(0);
    expect(await sessions.deleteExpired(later(8 * HOUR + 1))).toBe(1);
    expect(await sessions.endAll('u1')).toBe(0);
  });

  test(`${name}: a sign-in is taken once, by the browser and for the provider that began it, in time`, async () => {
    const { pendingSignIns } = await create();
    const challenge = { state: 'state', nonce: 'n', codeVerifier: 'v' };
    const rest = { returnTo: '/', linkTo: null, expiresAt: later(1_000) };
    const pending = { ...challenge, ...rest, browser: 'b', provider: 'github' } as const;
    const asked = { state: 'state', browser: 'b', provider: 'github', now: NOW } as const;
    await pendingSignIns.create(pending);
    for (const wrong of [{ state: 'x' }, { browser: 'x' }, { provider: 'google' as const }])
      expect(await pendingSignIns.take({ ...asked, ...wrong })).toBeNull();
    expect(await pendingSignIns.take(asked)).toEqual(pending);
    expect(await pendingSignIns.take(asked)).toBeNull();
    await pendingSignIns.create(pending);
    expect(await pendingSignIns.take({ ...asked, now: later(1_000) })).toBeNull();
    await pendingSignIns.create(pending);
    expect(await pendingSignIns.deleteExpired(later(1_001))).toBe(1);
  });

  test(`${name}: tries are counted for each key, window after window, also side by side`, async () => {
    const { requestRates } = await create();
    const at = (now: Date) => ({ requestRates, clock: { now: () => now } });
    const one = { key: 'a', perMs: 1_000 };
    const counted = await Promise.all(Array.from({ length: 20 }, () => countTry(at(NOW), one)));
    expect(counted.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(await countTry(at(NOW), { ...one, key: 'b' })).toBe(1);
    expect(await countTry(at(later(1_000)), one)).toBe(1);
    expect(await requestRates.deleteExpired(later(1_001))).toBe(2);
  });

  test(`${name}: of twenty processes one replaces the tokens, and a late answer of GitHub still counts`, async () => {
    const { connections } = await create();
    await connections.save(CONNECTION);
    const seen = await connections.get('u1');
    if (!seen) throw new Error('The connection should be there.');
    const owners = Array.from({ length: 20 }, (_, index) => `w${String(index)}`);
    const leased = await Promise.all(
      owners.map((owner) => connections.lease(seen, { owner, leaseMs: 60_000 })),
    );
    expect(leased.filter(Boolean)).toHaveLength(1);
    const owner = owners[leased.indexOf(true)] ?? '';
    expect(await connections.refreshed(seen, { owner: 'stranger', tokens: null })).toBe(false);
    expect(await connections.refreshed(seen, { owner, tokens: null })).toBe(true);
    // Another process took over and was refused: the tokens of the first one are good all the same.
    await connections.markBroken(seen);
    const tokens = { ...CONNECTION, accessToken: SEALED[2], refreshToken: SEALED[3] };
    expect(await connections.refreshed(seen, { owner, tokens })).toBe(true);
    const fresh = await connections.get('u1');
    expect(fresh).toMatchObject({ version: seen.version + 1, brokenAt: null, accessToken: SEALED[2] });
    expect(await connections.refreshed(seen, { owner, tokens })).toBe(false);
    expect(await connections.lease(seen, { owner, leaseMs: 1 })).toBe(false);
    expect(await connections.remove('u1')).toBe(true);
    expect(await connections.remove('u1')).toBe(false);
    await connections.save(CONNECTION);
    expect(await connections.removeOfAccount(CONNECTION.githubId + 1)).toBe(0);
    expect(await connections.removeOfAccount(CONNECTION.githubId)).toBe(1);
    expect(await connections.get('u1')).toBeNull();
  });

  test(`${name}: what a person reaches is forgotten with its installation, with the person, and with new tokens`, async () => {
    const { connections } = await create();
    await connections.save(CONNECTION);
    const reach = { repoIds: [1, 2], installationIds: [51], at: NOW };
    const kept = async () => (await connections.get('u1'))?.reach ?? null;
    const epoch = async () => (await connections.get('u1'))?.epoch ?? 0;
    const keep = async () => connections.keepReach({ userId: 'u1', epoch: await epoch() }, reach);
    for (const where of [{ installationId: 51 }, { githubId: 7 }]) {
      await keep();
      expect(await kept()).toEqual(reach);
      await connections.forgetReach(where);
      expect(await kept()).toBeNull();
    }
    const before = await epoch();
    await connections.forgetReach({ githubId: 7 });
    await connections.keepReach({ userId: 'u1', epoch: before }, reach);
    expect(await kept()).toBeNull();
    await keep();
    await connections.forgetReach({ installationId: 52 });
    expect(await kept()).toEqual(reach);
    await connections.save(CONNECTION);
    expect(await kept()).toBeNull();
  });

  test(`${name}: members have one role in a project, which can change, move and end`, async () => {
    const { members } = await create();
    await members.set({ projectId: 'p1', userId: 'u1', role: 'read' });
    await members.set({ projectId: 'p1', userId: 'u1', role: 'write' });
    await members.set({ projectId: 'p2', userId: 'u1', role: 'read' });
    await members.set({ projectId: 'p1', userId: 'u2', role: 'admin' });
    expect(await members.roleOf('p1', 'u1')).toBe('write');
    expect(await members.roleOf('p2', 'u2')).toBeNull();
    const page = await members.ofProject('p1', { limit: 1 });
    expect(page).toMatchObject({ items: [{ userId: 'u1' }], nextCursor: 'u1' });
    expect(await members.ofProject('p1', { limit: 1, cursor: 'u1' })).toMatchObject({
      items: [{ userId: 'u2' }],
      nextCursor: null,
    });
    await members.move('u1', 'u2');
    expect(await members.ofUser('u1')).toEqual([]);
    expect((await members.ofUser('u2')).map(({ projectId, role }) => [projectId, role])).toEqual([
      ['p1', 'admin'],
      ['p2', 'read'],
    ]);
    expect(await members.remove('p2', 'u2')).toBe(true);
    expect(await members.remove('p2', 'u2')).toBe(false);
    await members.removeProject('p1');
    expect(await members.ofUser('u2')).toEqual([]);
  });

  test(`${name}: a person lists and ends their own tokens; a use is noted once a minute`, async () => {
    const { tokens } = await create();
    const scope = { kind: 'user', userId: 'u1', name: 'ci', abilities: ['read'], projectIds: null } as const;
    for (const number of [1, 2])
      await tokens.issue({ hash: `h${String(number)}`, scope, expiresAt: null, id: idOf(number) });
    const lastUse = async () =>
      (await tokens.ofUser('u1', { limit: 5 })).items.map(({ lastUsedAt }) => lastUsedAt);
    expect(await lastUse()).toEqual([null, null]);
    expect(await tokens.find('h1', NOW)).toEqual(scope);
    await tokens.find('h1', later(59_000));
    expect(await lastUse()).toEqual([null, NOW]);
    await tokens.find('h1', later(60_000));
    expect(await lastUse()).toEqual([null, later(60_000)]);
    expect((await tokens.ofUser('u1', { limit: 1 })).nextCursor).toBe(idOf(2));
    expect(await tokens.revoke('u2', idOf(1))).toBe(false);
    expect(await tokens.revoke('u1', idOf(1))).toBe(true);
    expect(await tokens.find('h1', NOW)).toBeNull();
  });
}

const seal = createSeal(parseKeys(createKey('tests')));
const SEALED = [1, 2, 3, 4].map((index) => seal.seal(`token ${index}`, 'a context')) as [
  string,
  string,
  string,
  string,
];

const CONNECTION = {
  ...{ userId: 'u1', githubId: 7, login: 'ada', scope: '', connectedAt: NOW },
  ...{ accessToken: SEALED[0], refreshToken: SEALED[1] },
  ...{ accessExpiresAt: NOW, refreshExpiresAt: later(HOUR) },
};
