import { expect, test } from '@jest/globals';
import { createLanes } from '../../../app/blobs/encoder.js';

test('no more than the given number run at once, and all of them run, also after a failure', async () => {
  const lanes = createLanes(2);
  let running = 0;
  let most = 0;
  const work = async (index: number) => {
    most = Math.max(most, (running += 1));
    await Promise.resolve();
    running -= 1;
    if (index === 1) throw new Error('one of them');
    return index;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((index) => lanes.run(() => work(index))));
  expect(most).toBe(2);
  expect(results.flatMap((result) => ('value' in result ? [result.value] : []))).toEqual([0, 2, 3, 4, 5]);
});
