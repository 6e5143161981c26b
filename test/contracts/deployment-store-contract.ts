import { expect, test } from '@jest/globals';
import type { NewDeployment } from '../../src/deployments/model.js';
import type { DeploymentStore, StoredDeployment } from '../../src/deployments/store.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../src/shared/status/words.js';
import { newDeployment } from '../support/builders.js';

const RUN = { id: '98765432101234', attempt: 1, job: 'deploy' };
const idOf = (index: number) => `dddddddddddddddddddddd${String(index).padStart(2, '0')}`;
const ENVIRONMENT = newDeployment().environmentId;

/** What every DeploymentStore must do. `create` gives an empty one for each test. */
export function testDeploymentStore(name: string, create: () => Promise<DeploymentStore>): void {
  const change = async (store: DeploymentStore, ...[seen, patch]: Parameters<DeploymentStore['change']>) => {
    const written = await store.change(seen, patch);
    if (!written) throw new Error('The deployment could not be changed.');
    return written;
  };

  test(`${name}: a fresh deployment waits with every stage pending`, async () => {
    const store = await create();
    const made = await store.ensure(newDeployment());
    expect(made).toMatchObject({
      ...newDeployment(),
      status: DEPLOYMENT_STATUS.queued,
      version: 0,
      logTail: [],
      cause: null,
      rollback: false,
    });
    expect(made.stages.every(({ status }) => status === STAGE_STATUS.pending)).toBe(true);
    expect(await store.get(made.id)).toEqual(made);
    expect(await store.get(idOf(99))).toBeNull();
  });

  test.each<[string, Partial<NewDeployment>, Partial<NewDeployment>]>([
    ['the same id', {}, { sha: 'f'.repeat(40) }],
    ['the same run', { run: RUN }, { id: idOf(2), run: RUN }],
  ])(`${name}: %s is the same deployment`, async (_what, first, second) => {
    const store = await create();
    const made = await store.ensure(newDeployment(first));
    expect(await store.ensure(newDeployment(second))).toEqual(made);
  });

  test(`${name}: twenty concurrent ensures of one run make one deployment`, async () => {
    const store = await create();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.ensure(newDeployment({ id: `x${index}`, run: RUN }))),
    );
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await store.listOf(ENVIRONMENT, { limit: 100 })).items).toHaveLength(1);
  });

  test(`${name}: another attempt, job or environment is another deployment, and none has no run to share`, async () => {
    const store = await create();
    const runs = [RUN, { ...RUN, attempt: 2 }, { ...RUN, job: 'other' }, null, null];
    for (const [index, run] of runs.entries()) await store.ensure(newDeployment({ id: idOf(index), run }));
    await store.ensure(newDeployment({ id: idOf(9), environmentId: 'other', run: RUN }));
    expect((await store.listOf(ENVIRONMENT, { limit: 9 })).items).toHaveLength(5);
    const found = await store.byRun(ENVIRONMENT, newDeployment().sha, { ...RUN, attempt: 2 });
    expect(found?.id).toBe(idOf(1));
    expect(await store.byRun(ENVIRONMENT, newDeployment().sha, { ...RUN, attempt: 3 })).toBeNull();
  });

  test(`${name}: of two writers that saw the same version, one writes; a touch is a write too`, async () => {
    const store = await create();
    const seen = await store.ensure(newDeployment());
    const answers = await Promise.all([
      store.change(seen, {}),
      store.change(seen, { status: DEPLOYMENT_STATUS.running }),
    ]);
    expect(answers.filter((answer) => answer === null)).toHaveLength(1);
    const stored = await store.get(seen.id);
    expect(stored?.version).toBe(1);
    expect(stored?.updatedAt.getTime()).toBeGreaterThanOrEqual(seen.updatedAt.getTime());
    expect(
      stored && (await store.change({ ...stored, status: DEPLOYMENT_STATUS.failed }, { error: 'x' })),
    ).toBeNull();
  });

  test(`${name}: the cause of a failure is kept as it was reported`, async () => {
    const store = await create();
    const cause = { line: 'Error: $boom', excerpt: ['', 'Error: $boom'], at: 1 };
    const written = await change(store, await store.ensure(newDeployment()), { cause });
    expect(written.cause).toEqual(cause);
    expect((await store.get(written.id))?.cause).toEqual(cause);
  });

  test(`${name}: a run that another deployment has taken on is refused as a lost race`, async () => {
    const store = await create();
    await store.ensure(newDeployment({ id: idOf(1), run: RUN }));
    const waiting = await store.ensure(newDeployment({ id: idOf(2) }));
    expect(await store.change(waiting, { run: RUN })).toBeNull();
  });

  test(`${name}: unsettled ones are found by environment, by run and by silence, oldest first`, async () => {
    const store = await create();
    const [first, second, third] = await seed(store);
    await change(store, first, { status: DEPLOYMENT_STATUS.failed });
    const taken = await change(store, second, { status: DEPLOYMENT_STATUS.running, run: RUN });
    const ids = (found: readonly StoredDeployment[]) => found.map(({ id }) => id);
    expect(ids(await store.unsettledOf(ENVIRONMENT))).toEqual([second.id, third.id]);
    expect(ids(await store.unsettledOfRun(1, RUN.id))).toEqual([second.id]);
    expect(ids(await store.unsettledOfRun(2, RUN.id))).toEqual([]);
    expect(ids(await store.unclaimedOf(1, first.sha))).toEqual([third.id]);
    expect(ids(await store.unclaimedOf(2, first.sha))).toEqual([]);
    expect(ids(await store.unclaimedOf(1, 'f'.repeat(40)))).toEqual([]);
    const soon = new Date(Date.now() + 60_000);
    expect(ids(await store.silentSince(soon, 10))).toEqual([third.id, second.id]);
    expect(ids(await store.silentSince(soon, 1))).toEqual([third.id]);
    const rest = await store.silentSince(soon, 10, second.updatedAt);
    expect(ids(rest)).toContain(second.id);
    expect(ids(await store.silentSince(new Date(taken.updatedAt.getTime() - 60_000), 10))).toEqual([]);
  });

  test(`${name}: the starts of a project are told newest first, from a moment on`, async () => {
    const store = await create();
    const [first, second, third] = await seed(store);
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
    await change(store, first, { startedAt: at(1) });
    await change(store, second, { startedAt: at(3) });
    const { projectId } = await change(store, third, { startedAt: at(2) });
    expect(await store.startsSince(projectId, at(1), 10)).toEqual([at(3), at(2)]);
    expect(await store.startsSince(projectId, at(0), 2)).toEqual([at(3), at(2)]);
    expect(await store.startsSince('another', at(0), 2)).toEqual([]);
  });

  test(`${name}: history is newest first, in pages`, async () => {
    const store = await create();
    await seed(store);
    const first = await store.listOf(ENVIRONMENT, { limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([idOf(3), idOf(2)]);
    const rest = await store.listOf(ENVIRONMENT, { limit: 2, cursor: first.nextCursor ?? '' });
    expect(rest).toMatchObject({ items: [{ id: idOf(1) }], nextCursor: null });
  });

  test(`${name}: the host of a commit shows its newest usable deployment that has an artifact, and knows the newest of all`, async () => {
    const store = await create();
    const [first, second, third] = await seed(store);
    const sha7 = first.sha.slice(0, 7);
    expect(await store.bySha7(ENVIRONMENT, sha7)).toBeNull();
    expect((await store.newestBySha7(ENVIRONMENT, sha7))?.id).toBe(third.id);
    await change(store, first, { status: DEPLOYMENT_STATUS.success, reach: { kind: 'files', root: 'one' } });
    await change(store, second, { status: DEPLOYMENT_STATUS.failed, reach: { kind: 'files', root: 'two' } });
    expect((await store.bySha7(ENVIRONMENT, sha7))?.id).toBe(first.id);
    const shown = await change(store, third, { reach: { kind: 'upstream', host: 'h', port: 1 } });
    expect((await store.bySha7(ENVIRONMENT, sha7))?.id).toBe(third.id);
    await change(store, shown, { deletedAt: new Date() });
    expect((await store.newestBySha7(ENVIRONMENT, sha7))?.id).toBe(second.id);
    expect(await store.newestBySha7('other', sha7)).toBeNull();
    expect((await store.bySha7(ENVIRONMENT, sha7))?.id).toBe(first.id);
    expect(await store.bySha7('other', sha7)).toBeNull();
  });

  test(`${name}: what runs is counted by project and author, and a deleted project hides its deployments`, async () => {
    const store = await create();
    const [first, second] = await seed(store);
    for (const one of [first, second]) await change(store, one, { status: DEPLOYMENT_STATUS.running });
    const { projectId } = first;
    expect([await store.countRunning(projectId, 9), await store.countRunning(projectId, 1)]).toEqual([2, 1]);
    expect(await store.countRunning(projectId, 9, 'mona')).toBe(2);
    expect(await store.countRunning(projectId, 9, 'hubot')).toBe(0);
    expect(await store.countRunning('other', 9)).toBe(0);
    expect([await store.markDeleted(projectId), await store.markDeleted(projectId)]).toEqual([3, 0]);
    expect((await store.get(first.id))?.deletedAt).toBeInstanceOf(Date);
  });

  test(`${name}: counts by status add up`, async () => {
    const store = await create();
    const [first] = await seed(store);
    await change(store, first, { status: DEPLOYMENT_STATUS.success });
    expect(await store.countByStatus()).toMatchObject({
      [DEPLOYMENT_STATUS.queued]: 2,
      [DEPLOYMENT_STATUS.success]: 1,
    });
  });
}

async function seed(store: DeploymentStore): Promise<[StoredDeployment, StoredDeployment, StoredDeployment]> {
  const first = await store.ensure(newDeployment({ id: idOf(1) }));
  const second = await store.ensure(newDeployment({ id: idOf(2) }));
  return [first, second, await store.ensure(newDeployment({ id: idOf(3) }))];
}
