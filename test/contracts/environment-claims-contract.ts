import { expect, test } from '@jest/globals';
import type { Claim, EnvironmentStore, StoredEnvironment } from '../../src/environments/store.js';
import { newEnvironment } from '../support/builders.js';
import { until } from './until.js';

const LONG = { owner: 'a', leaseMs: 60_000 };
const SHORT = { owner: 'a', leaseMs: 1 };
const REPORTED = { checks: [], deployments: [], commitStatus: 'digest', comment: { id: 5, digest: '$d' } };

/** What every EnvironmentStore must do about claims: one holder at a time, and a late one cannot write. */
export function testEnvironmentClaims(name: string, create: () => Promise<EnvironmentStore>): void {
  const dueOne = async (): Promise<{ store: EnvironmentStore; environment: StoredEnvironment }> => {
    const store = await create();
    const seen = await store.ensure(newEnvironment());
    const environment = await store.change(seen, { patch: {}, due: ['report'] });
    if (!environment) throw new Error('The environment could not be changed.');
    return { store, environment };
  };
  const claimed = async (store: EnvironmentStore, by = LONG): Promise<Claim> => {
    const claim = await store.claim('report', by);
    if (!claim) throw new Error('There was nothing to claim.');
    return claim;
  };

  test(`${name}: nothing is claimable that is not due`, async () => {
    const store = await create();
    await store.ensure(newEnvironment());
    expect(await store.claim('report', LONG)).toBeNull();
  });

  test(`${name}: it tells since when the first projection has been due, until that is done`, async () => {
    const { store, environment } = await dueOne();
    expect(await store.dueSince('report')).toEqual(environment.due.report.at);
    expect(await store.dueSince('teardown')).toBeNull();
    await store.release(await claimed(store), {});
    expect(await store.dueSince('report')).toBeNull();
  });

  test(`${name}: a due projection is claimed by one of many, with the document as it is`, async () => {
    const { store, environment } = await dueOne();
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.claim('report', { owner: `w${index}`, leaseMs: 60_000 }),
      ),
    );
    const won = claims.filter((claim) => claim !== null);
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ environment, projection: 'report', fence: 1, wanted: 1 });
    expect(await store.claim('teardown', LONG)).toBeNull();
  });

  test(`${name}: many workers share many environments, each once`, async () => {
    const store = await create();
    for (let index = 0; index < 12; index += 1) {
      const { id } = await store.ensure(newEnvironment({ name: `pr-${index}` }));
      await store.markDue(id, 'report');
    }
    const claims = await Promise.all(Array.from({ length: 12 }, () => store.claim('report', LONG)));
    expect(new Set(claims.map((claim) => claim?.environment.name)).size).toBe(12);
  });

  test(`${name}: the longest due comes first`, async () => {
    const store = await create();
    const order = ['pr-3', 'pr-1', 'pr-2'];
    for (const each of order) {
      const { id } = await store.ensure(newEnvironment({ name: each }));
      await store.markDue(id, 'report');
    }
    const first = await store.claim('report', LONG);
    const second = await store.claim('report', LONG);
    expect([first?.environment.name, second?.environment.name]).toEqual(order.slice(0, 2));
  });

  test.each(['a', 'b'])(
    `${name}: an ended lease is taken over by %s, and who had it can write nothing`,
    async (owner) => {
      const { store, environment } = await dueOne();
      const slept = await claimed(store, SHORT);
      const next = await until(() => store.claim('report', { owner, leaseMs: 60_000 }));
      expect(next.fence).toBeGreaterThan(slept.fence);
      expect(await store.renew(slept, 60_000)).toBe(false);
      expect(await store.saveReported(slept, REPORTED)).toBe(false);
      await store.release(slept, {});
      expect(await store.get(environment.id)).toMatchObject({
        reported: { comment: null },
        due: environment.due,
      });
      expect(await store.renew(next, 60_000)).toBe(true);
      expect(await store.saveReported(next, REPORTED)).toBe(true);
      expect(await store.get(environment.id)).toMatchObject({
        reported: REPORTED,
        version: environment.version,
      });
    },
  );

  test(`${name}: a renewal decides from now on when the lease ends, later or sooner`, async () => {
    const { store, environment } = await dueOne();
    const ending = await claimed(store, SHORT);
    // The lease is over by now; as long as nobody took over it can be renewed.
    expect(await store.renew(ending, 60_000)).toBe(true);
    expect(await store.claim('report', LONG)).toBeNull();
    expect(await store.renew(ending, 1)).toBe(true);
    const next = await until(() => store.claim('report', { owner: 'b', leaseMs: 60_000 }));
    expect(next.environment.id).toBe(environment.id);
    expect(await store.renew(ending, 60_000)).toBe(false);
  });

  test(`${name}: after a release nothing is due, and the released claim is worth nothing`, async () => {
    const { store, environment } = await dueOne();
    const claim = await claimed(store);
    await store.release(claim, {});
    expect(await store.claim('report', LONG)).toBeNull();
    expect(await store.saveReported(claim, REPORTED)).toBe(false);
    const due = { at: null, wanted: 1, attempts: 0, error: null };
    expect((await store.get(environment.id))?.due.report).toEqual(due);
  });

  test(`${name}: a release keeps due what was changed meanwhile`, async () => {
    const { store, environment } = await dueOne();
    const claim = await claimed(store);
    await store.change(environment, { patch: { error: 'new' }, due: ['report'] });
    expect(await store.claim('report', LONG)).toBeNull();
    await store.release(claim, {});
    const again = await claimed(store);
    expect(again).toMatchObject({ wanted: 2, fence: 2, environment: { error: 'new' } });
  });

  test(`${name}: a retry is due later, and says how often and why`, async () => {
    const { store, environment } = await dueOne();
    await store.release(await claimed(store), { retryInMs: 1, error: '$broken' });
    const again = await until(() => store.claim('report', LONG));
    expect(again.environment.due.report).toMatchObject({ attempts: 1, error: '$broken' });
    await store.release(again, { retryInMs: 60_000, error: 'twice' });
    expect(await store.claim('report', LONG)).toBeNull();
    const stored = await store.get(environment.id);
    expect(stored?.due.report).toMatchObject({ attempts: 2, error: 'twice' });
    await store.markDue(environment.id, 'report');
    expect((await claimed(store)).environment).toMatchObject({ version: environment.version });
  });

  test(`${name}: a change during a failing try asks again at once, with a fresh count`, async () => {
    const { store, environment } = await dueOne();
    const claim = await claimed(store);
    await store.change(environment, { patch: {}, due: ['report'] });
    await store.release(claim, { retryInMs: 60_000, error: 'late' });
    expect((await claimed(store)).environment.due.report).toMatchObject({ attempts: 0 });
  });

  test(`${name}: what was reported can end the claim with the same write, unless more became due meanwhile`, async () => {
    const { store } = await dueOne();
    const claim = await claimed(store);
    expect(await store.saveReported(claim, REPORTED, { ends: true })).toBe(true);
    const done = await store.get(claim.environment.id);
    expect(done).toMatchObject({ reported: REPORTED, due: { report: { at: null, attempts: 0 } } });
    expect(await store.saveReported(claim, REPORTED)).toBe(false);
    await store.markDue(claim.environment.id, 'report');
    const again = await claimed(store);
    await store.markDue(claim.environment.id, 'report');
    expect(await store.saveReported(again, REPORTED, { ends: true })).toBe(true);
    expect((await store.get(again.environment.id))?.due.report.at).not.toBeNull();
  });
}
