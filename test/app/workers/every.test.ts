import { expect, test } from '@jest/globals';
import { every, soonAfterStart } from '../../../app/workers/every.js';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('a job runs again and again until it is stopped, and a failure does not stop it', async () => {
  let runs = 0;
  const lines: string[] = [];
  const job = every({
    name: 'job',
    everyMs: 2,
    run: async () => {
      runs += 1;
      if (runs === 1) throw new Error('once');
    },
    log: (level, message) => level === 'warn' && lines.push(message),
  });
  await until(() => runs >= 3);
  await job.stop(1_000);
  const after = runs;
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect({ runs, lines }).toEqual({ runs: after, lines: ['job failed and will be tried again'] });
});

test('each run that ended is told, with the reason when it failed', async () => {
  const told: (string | null)[] = [];
  const job = every({
    ...{ name: 'job', everyMs: 2, log: () => undefined },
    run: async () => {
      if (told.length === 0) throw new Error('once');
    },
    onRun: ({ name, everyMs, error }) => {
      expect([name, everyMs]).toEqual(['job', 2]);
      told.push(error);
    },
  });
  await until(() => told.length >= 2);
  await job.stop(1_000);
  expect(told.slice(0, 2)).toEqual(['once', null]);
});

test('a job that takes long is not begun a second time', async () => {
  let runs = 0;
  let finish: () => void = () => undefined;
  const job = every({
    name: 'job',
    everyMs: 60_000,
    run: () => {
      runs += 1;
      return new Promise<void>((resolve) => (finish = resolve));
    },
    log: () => undefined,
  });
  const both = [job.runOnce(), job.runOnce()];
  finish();
  await Promise.all(both);
  expect(runs).toBe(1);
  await job.stop(1_000);
});

test('the first run can come sooner than the others', async () => {
  let runs = 0;
  const run = async () => void (runs += 1);
  const job = every({ name: 'job', everyMs: 60 * 60_000, firstMs: 1, run, log: () => undefined });
  await until(() => runs === 1);
  await job.stop(1_000);
});

test('servers that start together begin at different moments of the first half minute', () => {
  const moments = Array.from({ length: 100 }, soonAfterStart);
  expect(new Set(moments).size).toBeGreaterThan(80);
  expect(Math.max(...moments)).toBeLessThan(32_000);
});
