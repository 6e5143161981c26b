import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openFuzzGround, type FuzzGround } from './plays/fuzz-ground.js';
import { fuzz, NAMES } from './plays/fuzz.js';

// `npm run prove` sends many more.

let ground: FuzzGround;
beforeAll(async () => {
  ground = await openFuzzGround();
});
afterAll(async () => {
  await ground.close();
});

test.each(NAMES)(
  '%s answers odd requests as it declares, and never with a fault of the server',
  async (name) => {
    await fuzz(await ground.current(), name, { numRuns: 4 });
  },
);

test('no other document was touched, and the log names no fault', async () => {
  expect(await ground.isUntouched()).toBe(true);
  expect(ground.faults()).toEqual([]);
});
