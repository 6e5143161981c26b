import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openFuzzGround, type FuzzGround } from './plays/fuzz-ground.js';
import { fuzz, NAMES } from './plays/fuzz.js';

let ground: FuzzGround;
beforeAll(async () => {
  ground = await openFuzzGround();
});
afterAll(async () => {
  await ground.close();
});

test.each(NAMES)('%s answers a thousand odd requests as it declares', async (name) => {
  for (let round = 0; round < 10; round += 1) await fuzz(await ground.current(), name, { numRuns: 100 });
});

test('no other document was touched, and the log names no fault', async () => {
  expect(await ground.isUntouched()).toBe(true);
  expect(ground.faults()).toEqual([]);
});
