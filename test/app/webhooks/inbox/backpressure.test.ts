import { expect, test } from '@jest/globals';
import { createBackpressure } from '../../../../app/webhooks/inbox/backpressure.js';

test('many deliveries within a window make the intake busy, and a window without any ends that', () => {
  let ms = 1_000_000;
  const backpressure = createBackpressure({ now: () => new Date(ms) });
  backpressure.add(11);
  expect(backpressure.busy()).toBe(false);
  backpressure.add(1);
  expect(backpressure.busy()).toBe(true);
  ms += 100;
  expect(backpressure.busy()).toBe(true);
  ms += 100;
  expect(backpressure.busy()).toBe(false);
});

test('deliveries of long ago do not count, even when the clock skipped windows', () => {
  let ms = 1_000_000;
  const backpressure = createBackpressure({ now: () => new Date(ms) });
  backpressure.add(100);
  ms += 60_000;
  expect(backpressure.busy()).toBe(false);
});

test('the more deliveries arrive, the longer the pause, up to a limit', () => {
  const pauseAfter = (deliveries: number) => {
    const backpressure = createBackpressure({ now: () => new Date(1_000_000) });
    backpressure.add(deliveries);
    return backpressure.pauseMs();
  };
  expect([11, 12, 45, 200, 800, 100_000].map(pauseAfter)).toEqual([0, 6, 22.5, 100, 400, 400]);
});
