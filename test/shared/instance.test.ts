import { expect, test } from '@jest/globals';
import { lateSeconds } from '../../src/shared/instance.js';
import { DELIVERY } from '../../src/shared/status/delivery.js';
import { DELIVERY_STATUS } from '../../src/shared/status/words.js';

const MINUTE = 60_000;
const now = new Date('2026-11-29T12:00:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);

test('a job is late once it missed a run and a minute more', () => {
  expect(lateSeconds({ at: ago(MINUTE), everyMs: MINUTE }, now)).toBe(0);
  expect(lateSeconds({ at: ago(3 * MINUTE), everyMs: MINUTE }, now)).toBe(0);
  // Due four minutes ago.
  expect(lateSeconds({ at: ago(5 * MINUTE), everyMs: MINUTE }, now)).toBe(4 * 60);
});

test('people read a word for everything that can become of a webhook', () => {
  const words = Object.values(DELIVERY_STATUS).map((status) => DELIVERY[status].label);
  expect(new Set(words).size).toBe(Object.keys(DELIVERY_STATUS).length);
});
