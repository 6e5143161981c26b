import { expect, test } from '@jest/globals';
import type { Screenshot } from '../../../../src/screenshots/screenshot.js';
import { emptyStores } from '../empty-stores.js';

const create = emptyStores();
const at = new Date('2026-11-28T12:00:00Z');
const hash = (digit: string) => digit.repeat(64);
const picture = (digit: string) => ({ hash: hash(digit), size: 10 });

function screenshot(id: string, changes: Partial<Screenshot> = {}): Screenshot {
  const view = { page: picture(id), thumbnail: picture('f') };
  return {
    ...{ id: id.repeat(24), projectId: 'p1', environmentId: 'e1', deploymentId: `d${id}`, generation: 1 },
    ...{ sha: 'a'.repeat(40), taken: { at, width: 1280, height: 800, ...view } },
    ...{ reason: null, comparison: null, recordedAt: at, ...changes },
  };
}

const none = { taken: null, reason: 'No picture was taken.' };

async function listed<T>(found: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of found) all.push(one);
  return all;
}

test('there is one screenshot of a deployment, and those of an environment are listed newest first', async () => {
  const { screenshots } = await create();
  await screenshots.save(screenshot('1', none));
  await screenshots.save({ ...screenshot('9'), deploymentId: 'd1' });
  await screenshots.save(screenshot('2'));
  await screenshots.save(screenshot('3', { environmentId: 'e2' }));
  expect(await screenshots.ofDeployment('d1')).toEqual({
    ...screenshot('9'),
    id: '1'.repeat(24),
    deploymentId: 'd1',
  });
  expect(await screenshots.get('2'.repeat(24))).toEqual(screenshot('2'));
  expect(await screenshots.get('8'.repeat(24))).toBeNull();
  expect(await screenshots.ofDeployment('d8')).toBeNull();
  const ofPage = await screenshots.ofDeployments(['d8', 'd3', 'd1']);
  expect(ofPage.map(({ deploymentId }) => deploymentId).toSorted()).toEqual(['d1', 'd3']);
  const page = await screenshots.listOf('e1', { limit: 1 });
  expect(page.items).toEqual([screenshot('2')]);
  const rest = await screenshots.listOf('e1', { limit: 5, cursor: page.nextCursor ?? '' });
  expect(rest.items.map(({ deploymentId }) => deploymentId)).toEqual(['d1']);
  expect(rest.nextCursor).toBeNull();
  expect((await listed(screenshots.environmentIds())).toSorted()).toEqual(['e1', 'e2']);
});

test('the newest picture of another deployment is what a new one is compared with', async () => {
  const { screenshots } = await create();
  for (const one of [screenshot('1'), screenshot('2'), screenshot('3', none), screenshot('4')])
    await screenshots.save(one);
  expect((await screenshots.latestTaken('e1', 'd4'))?.deploymentId).toBe('d2');
  expect(await screenshots.latestTaken('e2', 'd4')).toBeNull();
});

test('pictures are named as long as a screenshot names them, also those that it is compared with', async () => {
  const { screenshots } = await create();
  const comparison = {
    ...{ deploymentId: 'd0', sha: 'b'.repeat(40), changedShare: 0.25 },
    before: { page: picture('a'), thumbnail: picture('b') },
    difference: picture('c'),
  };
  await screenshots.save(screenshot('1'));
  await screenshots.save(screenshot('2', { comparison }));
  await screenshots.save(screenshot('3', none));
  const all = ['1', '2', 'a', 'b', 'c', 'f'].map(hash);
  expect([...new Set(await listed(screenshots.hashes()))].toSorted()).toEqual(all);
  expect(await screenshots.named([...all, hash('7')])).toEqual(new Set(all));
  expect((await screenshots.removeOf('e1', 2)).map(({ deploymentId }) => deploymentId)).toEqual(['d1']);
  expect(await screenshots.named([hash('1'), hash('f')])).toEqual(new Set([hash('f')]));
  expect(await screenshots.removeOf('e1', 0)).toHaveLength(2);
  expect(await screenshots.named(all)).toEqual(new Set());
  expect(await screenshots.removeOf('e1', 0)).toEqual([]);
});

test('what is no text is refused before it is part of a query', async () => {
  const { screenshots } = await create();
  const object = { $gt: '' } as unknown as string;
  await expect(screenshots.get(object)).rejects.toMatchObject({ code: 'bad_request' });
  await expect(screenshots.ofDeployment(object)).rejects.toMatchObject({ code: 'bad_request' });
  await expect(screenshots.ofDeployments(['d1', object])).rejects.toMatchObject({ code: 'bad_request' });
  await expect(screenshots.named([object])).rejects.toMatchObject({ code: 'bad_request' });
});
