import { expect, test } from '@jest/globals';
import { createLogRetention } from '../../src/reconcile/log-retention.js';
import { emptyStores } from '../app/store/empty-stores.js';
import { newDeployment } from '../support/builders.js';

const create = emptyStores();

const DAY_MS = 24 * 60 * 60_000;

const line = { at: new Date(), type: 'build', stage: 'building', level: 'info', text: 'x' } as const;

async function stage() {
  const stores = await create();
  const write = async (deploymentId: string) => {
    const batch = { deploymentId, writer: 'run', batch: 0, lines: [line] };
    await stores.logs.append(batch);
    await stores.runtimeLogs.append(batch);
    await stores.logWords.markDue({ id: deploymentId, projectId: 'p' }, new Date());
    await stores.healthChecks.add({
      ...{ id: deploymentId, deploymentId, environmentId: 'e', url: 'u', httpStatus: null, latencyMs: null },
      ...{ live: true, detail: null, checkedAt: new Date() },
    });
  };
  const left = async (deploymentId: string) => [
    await stores.logs.lastLine(deploymentId),
    await stores.runtimeLogs.lastLine(deploymentId),
    (await stores.healthChecks.listOf(deploymentId, { limit: 5 })).items.length,
    (await stores.logWords.due(new Date(), 50)).filter((one) => one.deploymentId === deploymentId).length,
  ];
  const retain = (days: number) =>
    createLogRetention(
      { ...stores, clock: { now: () => new Date(Date.now() + days * DAY_MS) } },
      { keepDays: 90 },
    )();
  return { stores, write, left, retain };
}

test('the logs of a deleted deployment go, those of others stay, and nothing is looked for twice', async () => {
  const { stores, write, left, retain } = await stage();
  const [kept, deleted] = ['a'.repeat(24), 'b'.repeat(24)] as const;
  for (const id of [kept, deleted]) {
    await stores.deployments.ensure(newDeployment({ id }));
    await write(id);
  }
  const seen = await stores.deployments.get(deleted);
  if (!seen) throw new Error('There is no deployment.');
  await stores.deployments.change(seen, { deletedAt: new Date() });
  expect(await retain(0)).toBe(1);
  expect([await left(kept), await left(deleted)]).toEqual([
    [1, 1, 1, 1],
    [0, 0, 0, 0],
  ]);
  expect(await stores.logRetention.deleted(10)).toEqual([]);
  expect(await retain(0)).toBe(0);
});

test('logs go after their days, and health checks after a week', async () => {
  const { write, left, retain } = await stage();
  await write('d1');
  await retain(6);
  expect((await left('d1')).slice(0, 3)).toEqual([1, 1, 1]);
  await retain(8);
  expect((await left('d1')).slice(0, 3)).toEqual([1, 1, 0]);
  await retain(91);
  expect((await left('d1')).slice(0, 3)).toEqual([0, 0, 0]);
});

test('of health checks, those that others stand for go after an hour', async () => {
  const { stores, write, retain } = await stage();
  await write('d1');
  const [kept] = (await stores.healthChecks.listOf('d1', { limit: 5 })).items;
  if (!kept) throw new Error('There is no health check.');
  await stores.healthChecks.add({ ...kept, id: 'f'.repeat(24), brief: true });
  const idsAfter = async (days: number) => {
    await retain(days);
    return (await stores.healthChecks.listOf('d1', { limit: 5 })).items.map(({ id }) => id);
  };
  expect(await idsAfter(0.9 / 24)).toEqual(['f'.repeat(24), 'd1']);
  expect(await idsAfter(1.1 / 24)).toEqual(['d1']);
});
