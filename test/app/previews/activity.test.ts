import { expect, test } from '@jest/globals';
import { createActivity } from '../../../app/previews/activity.js';

/** What was written, while the clock stands where the test puts it. */
function stage() {
  const written: [string, number][] = [];
  let now = 1_000_000;
  let fails = false;
  const errors: unknown[] = [];
  const activity = createActivity({
    record: async (id, at) => {
      if (fails) throw new Error('away');
      written.push([id, at.getTime() - 1_000_000]);
    },
    clock: { now: () => new Date(now) },
    onError: (error) => void errors.push(error),
  });
  return {
    ...{ activity, written, errors },
    pass: (ms: number) => void (now += ms),
    fail: (failing: boolean) => void (fails = failing),
  };
}

test('the first visit is written at once, and those of the next minute together', async () => {
  const { activity, written, pass } = stage();
  for (let visit = 0; visit < 50; visit += 1) {
    activity.begin('e1')();
    pass(1_000);
  }
  expect(written).toEqual([['e1', 0]]);
  await activity.flush();
  expect(written).toEqual([
    ['e1', 0],
    ['e1', 49_000],
  ]);
  await activity.flush();
  expect(written).toHaveLength(2);
  await activity.close();
});

test('what is open counts until it ends, however long that is', async () => {
  const { activity, written, pass } = stage();
  const end = activity.begin('e1');
  const other = activity.begin('e1');
  pass(3_600_000);
  await activity.flush();
  end();
  end();
  pass(3_600_000);
  await activity.flush();
  other();
  pass(3_600_000);
  await activity.flush();
  expect(written.map(([, at]) => at)).toEqual([0, 3_600_000, 7_200_000]);
  await activity.close();
});

test('a visit that could not be written is written the next time', async () => {
  const { activity, written, errors, pass, fail } = stage();
  fail(true);
  activity.begin('e1')();
  await activity.flush();
  fail(false);
  pass(1_000);
  await activity.close();
  expect(errors.length).toBeGreaterThan(0);
  expect(written).toEqual([['e1', 0]]);
});
