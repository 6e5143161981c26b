import { expect, test } from '@jest/globals';
import type { LogChunk, LogStore } from '../../src/deployments/logs.js';

const chunk = (seq: number, text = `line ${seq}`): LogChunk => ({
  deploymentId: 'd1',
  type: 'build',
  seq,
  lines: [{ at: new Date(seq), stage: 'building', level: 'info', text }],
});

/** What every LogStore must do. `create` gives an empty one for each test. */
export function testLogStore(name: string, create: () => Promise<LogStore>): void {
  test(`${name}: chunks come back in order, in pages, whatever order they arrived in`, async () => {
    const store = await create();
    for (const seq of [10, 2, 1]) await store.append(chunk(seq));
    const first = await store.read('d1', { limit: 2 });
    expect(first.items).toEqual([chunk(1), chunk(2)]);
    const rest = await store.read('d1', { limit: 2, cursor: first.nextCursor ?? '' });
    expect(rest).toEqual({ items: [chunk(10)], nextCursor: null });
    expect((await store.read('d2', { limit: 2 })).items).toEqual([]);
  });

  test(`${name}: a chunk that is sent again, also at once, is kept once and as it came first`, async () => {
    const store = await create();
    await Promise.all(Array.from({ length: 20 }, () => store.append(chunk(1))));
    await store.append(chunk(1, 'another text'));
    expect((await store.read('d1', { limit: 9 })).items).toEqual([chunk(1)]);
  });

  test(`${name}: a chunk over 256 KiB is refused and one below is kept`, async () => {
    const store = await create();
    await expect(store.append(chunk(1, 'é'.repeat(131_072)))).rejects.toMatchObject({ code: 'too_large' });
    await store.append(chunk(1, 'x'.repeat(260_000)));
    expect((await store.read('d1', { limit: 9 })).items).toHaveLength(1);
  });

  test(`${name}: logs of deleted deployments are gone, others stay`, async () => {
    const store = await create();
    await store.append(chunk(1));
    await store.append({ ...chunk(1), deploymentId: 'd2' });
    await store.deleteOf(['d1']);
    await store.deleteOf([]);
    expect((await store.read('d1', { limit: 9 })).items).toEqual([]);
    expect((await store.read('d2', { limit: 9 })).items).toHaveLength(1);
  });
}
