import { expect, test } from '@jest/globals';
import { createLoad } from '../../../../app/webhooks/inbox/backpressure.js';

test('many deliveries in a moment make it busy, and a moment without any makes it quiet again', () => {
  let ms = 1_000_000;
  const load = createLoad({ now: () => new Date(ms) });
  load.add(11);
  expect(load.busy()).toBe(false);
  load.add(1);
  expect(load.busy()).toBe(true);
  ms += 100;
  expect(load.busy()).toBe(true);
  ms += 100;
  expect(load.busy()).toBe(false);
});

test('what came long ago does not count, whatever the clock skipped', () => {
  let ms = 1_000_000;
  const load = createLoad({ now: () => new Date(ms) });
  load.add(100);
  ms += 60_000;
  expect(load.busy()).toBe(false);
});

test('the harder deliveries come in, the longer is the pause, up to a limit: the backlog always moves', () => {
  const breathAfter = (deliveries: number) => {
    const load = createLoad({ now: () => new Date(1_000_000) });
    load.add(deliveries);
    return load.breathMs();
  };
  expect([11, 12, 45, 200, 800, 100_000].map(breathAfter)).toEqual([0, 6, 22.5, 100, 400, 400]);
});
