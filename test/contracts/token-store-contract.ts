import { expect, test } from '@jest/globals';
import type { TokenStore } from '../../src/people/api-token.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const run = { kind: 'run', deploymentId: 'd1', repoId: 1 } as const;

/** What every TokenStore must do. `create` gives an empty one for each test. */
export function testTokenStore(name: string, create: () => Promise<TokenStore>): void {
  test.each([
    ['a second before its end', 1_000, run],
    ['at its end', 0, null],
    ['after its end, though it is still present', -60_000, null],
  ])(`${name}: a token %s`, async (_when, ms, expected) => {
    const store = await create();
    await store.issue({ hash: 'h1', scope: run, expiresAt: new Date(NOW.getTime() + ms) });
    expect(await store.find('h1', NOW)).toEqual(expected);
  });

  test(`${name}: a token without an end stays valid, an unknown one never was`, async () => {
    const store = await create();
    const scope = { kind: 'operator', name: 'ops' } as const;
    await store.issue({ hash: 'h1', scope, expiresAt: null });
    await store.issue({ hash: 'h1', scope, expiresAt: null });
    expect(await store.find('h1', new Date('2999-01-01'))).toEqual(scope);
    expect(await store.find('h2', NOW)).toBeNull();
  });

  test(`${name}: of twenty concurrent uses of one id, one counts; expired ones stay used`, async () => {
    const store = await create();
    const past = new Date(NOW.getTime() - 60_000);
    const uses = await Promise.all(Array.from({ length: 20 }, () => store.useOnce('jti-1', past)));
    expect(uses.filter(Boolean)).toHaveLength(1);
    expect(await store.useOnce('jti-1', NOW)).toBe(false);
    expect(await store.useOnce('jti-2', NOW)).toBe(true);
  });

  test(`${name}: what ended before a date is deleted, what ends then or later or never is kept`, async () => {
    const store = await create();
    const at = (ms: number) => new Date(NOW.getTime() + ms);
    const operator = { kind: 'operator', name: 'ops' } as const;
    await store.issue({ hash: 'past', scope: run, expiresAt: at(-1) });
    await store.issue({ hash: 'now', scope: run, expiresAt: NOW });
    await store.issue({ hash: 'later', scope: run, expiresAt: at(1_000) });
    await store.issue({ hash: 'for-ever', scope: operator, expiresAt: null });
    await store.useOnce('jti-past', at(-1));
    await store.useOnce('jti-now', NOW);
    expect(await store.deleteExpired(NOW)).toBe(2);
    expect(await store.deleteExpired(NOW)).toBe(0);
    const early = at(-60_000);
    expect(await store.find('past', early)).toBeNull();
    expect(await store.find('now', early)).toEqual(run);
    expect(await store.find('later', early)).toEqual(run);
    expect(await store.find('for-ever', early)).toEqual(operator);
    expect(await store.useOnce('jti-now', NOW)).toBe(false);
    expect(await store.useOnce('jti-past', NOW)).toBe(true);
  });
}
