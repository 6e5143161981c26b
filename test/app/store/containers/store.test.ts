import { expect, test } from '@jest/globals';
import type { Container } from '../../../../src/containers/container.js';
import { CONTAINER_STATUS } from '../../../../src/shared/status/words.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();
const at = new Date('2026-11-28T12:00:00Z');
const environmentId = 'e'.repeat(24);

function container(id: string, changes: Partial<Container> = {}): Container {
  return {
    ...{ id: id.repeat(24), environmentId, deploymentId: 'd1', target: 'runner', engineId: `engine-${id}` },
    ...{ service: 'app', image: 'sha256:1', host: '127.0.0.1', port: 30_000 },
    ...{ status: CONTAINER_STATUS.running, startedAt: at, stoppedAt: null, ...changes },
  };
}

test('containers are what their deployment runs now, in pages, newest first, until they are removed', async () => {
  const { containers } = await create();
  const first = container('1');
  await containers.replace('d1', [first, container('2', { service: 'db', host: null, port: null })]);
  await containers.replace('d2', [container('3', { deploymentId: 'd2' })]);
  // The same container keeps its id, and one that is not there any more goes.
  await containers.replace('d1', [{ ...first, id: '9'.repeat(24), port: 30_001 }]);
  const page = await containers.listOf(environmentId, { limit: 1 });
  expect(page.items.map(({ engineId }) => engineId)).toEqual(['engine-3']);
  const rest = await containers.listOf(environmentId, { limit: 5, cursor: page.nextCursor ?? '' });
  expect(rest).toEqual({ items: [{ ...first, port: 30_001 }], nextCursor: null });
  await containers.deleteOf('d1');
  expect((await containers.listOf(environmentId, { limit: 5 })).items).toHaveLength(1);
});

test('all of a deployment are stopped and started together, and those that visitors reach may move', async () => {
  const { containers } = await create();
  const made = [
    container('1'),
    container('2', { service: 'db', host: null, port: null }),
    container('3', { service: 'api', port: 31_234 }),
  ];
  await containers.replace('d1', made);
  const later = new Date(at.getTime() + 1_000);
  await containers.change({ deploymentId: 'd1', status: CONTAINER_STATUS.stopped, at: later });
  const list = async () => (await containers.listOf(environmentId, { limit: 5 })).items;
  expect((await list()).map(({ status, stoppedAt }) => [status, stoppedAt])).toEqual([
    [CONTAINER_STATUS.stopped, later],
    [CONTAINER_STATUS.stopped, later],
    [CONTAINER_STATUS.stopped, later],
  ]);
  const host = '127.0.0.1';
  // One gets the port that another one had.
  const moved = [
    { from: { host, port: 30_000 }, to: { host, port: 31_234 } },
    { from: { host, port: 31_234 }, to: { host, port: 32_000 } },
  ];
  await containers.change({ deploymentId: 'd1', status: CONTAINER_STATUS.running, at: later, moved });
  expect((await list()).map(({ service, port, stoppedAt }) => [service, port, stoppedAt])).toEqual([
    ['api', 32_000, null],
    ['db', null, null],
    ['app', 31_234, null],
  ]);
});
