import { expect, test } from '@jest/globals';
import { createLogs } from '../../../action/server/logs.js';
import type { AppendLogsBody } from '../../../src/contract/logs.js';
import { VitrineError } from '../../../src/shared/errors.js';

type Batch = AppendLogsBody;

function line(text: string) {
  return { at: '2030-01-01T00:00:00.000Z', stage: 'building', level: 'info' as const, text };
}

function setUp(send: (batch: Batch) => Promise<void> = async () => undefined) {
  const batches: Batch[] = [];
  const failures: unknown[] = [];
  let lost = 0;
  const ending = new AbortController();
  const logs = createLogs({
    signal: ending.signal,
    onFailure: (error, lines) => {
      failures.push(error);
      lost += lines;
    },
    send: async (batch) => {
      batches.push(batch);
      await send(batch);
    },
  });
  return { logs, batches, failures, ending, lost: () => lost };
}

test('lines travel in numbered batches of bounded length', async () => {
  const { logs, batches } = setUp();
  for (let count = 0; count < 2_201; count += 1) logs.add(line(String(count)));
  await logs.flush();
  expect(batches.map(({ seq, lines }) => [seq, lines.length])).toEqual([
    [0, 1_000],
    [1, 1_000],
    [2, 201],
  ]);
});

test('long lines make smaller batches, a single one always fits', async () => {
  const { logs, batches } = setUp();
  for (let count = 0; count < 4; count += 1) logs.add(line('x'.repeat(30_000)));
  logs.add(line('y'.repeat(100_000)));
  await logs.flush();
  expect(batches.map(({ lines }) => lines.length)).toEqual([2, 2, 1]);
});

test('lines are sent without being asked for', async () => {
  const arrived = new Promise<Batch>((resolve) => {
    const { logs } = setUp(async (batch) => resolve(batch));
    logs.add(line('hello'));
  });
  expect((await arrived).lines).toEqual([line('hello')]);
});

test('a full batch is sent at once', async () => {
  const { logs, batches } = setUp();
  for (let count = 0; count < 1_000; count += 1) logs.add(line(String(count)));
  // Within this turn of the event loop, long before the second that a small batch waits.
  await new Promise((resolve) => setImmediate(resolve));
  expect(batches.map(({ lines }) => lines.length)).toEqual([1_000]);
});

test('while the server is away, long lines are bounded by their bytes', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { logs, batches } = setUp(() => gate);
  for (let count = 0; count < 1_000; count += 1) logs.add(line('x'.repeat(16_000)));
  const flushed = logs.flush();
  open();
  await flushed;
  const texts = batches.flatMap(({ lines }) => lines.map(({ text }) => text));
  expect(texts.join('').length).toBeLessThan(9 * 1024 * 1024);
  expect(texts.at(-1)).toMatch(/^\(\d{3} lines were cut here\)$/);
});

test('while the server is away no more than a bounded number waits, and the cut is told', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { logs, batches } = setUp(() => gate);
  for (let count = 0; count < 20_100; count += 1) logs.add(line(String(count)));
  const flushed = logs.flush();
  open();
  await flushed;
  logs.add(line('last'));
  await logs.flush();
  const texts = batches.flatMap(({ lines }) => lines.map(({ text }) => text));
  expect(texts).toHaveLength(20_002);
  expect(texts.slice(-2)).toEqual(['(100 lines were cut here)', 'last']);
});

test('a batch that fails is told and does not hold up the next', async () => {
  const { logs, batches, failures } = setUp(async ({ seq }) => {
    if (seq === 0) throw new Error('away');
  });
  logs.add(line('one'));
  await logs.flush();
  logs.add(line('two'));
  await logs.flush();
  expect(batches.map(({ seq }) => seq)).toEqual([0, 1]);
  expect(failures).toHaveLength(1);
});

test('a server that is away is waited for once, not once a batch, and what is lost is told', async () => {
  let away = true;
  const { logs, batches, failures, lost } = setUp(async () => {
    if (away) throw new VitrineError('unavailable', 'Away for 300 s.');
  });
  for (let count = 0; count < 6_000; count += 1) logs.add(line(String(count)));
  await logs.flush();
  expect([batches.length, failures.length, lost()]).toEqual([1, 1, 6_000]);
  away = false;
  logs.add(line('back'));
  await logs.flush();
  expect(batches.at(-1)?.lines.map(({ text }) => text)).toEqual(['(6000 lines were cut here)', 'back']);
});

test('a cut at the very end is told too', async () => {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { logs, batches } = setUp(() => gate);
  for (let count = 0; count < 20_007; count += 1) logs.add(line(String(count)));
  const flushed = logs.flush();
  open();
  await flushed;
  expect(batches.at(-1)?.lines.at(-1)?.text).toBe('(7 lines were cut here)');
});

test('a server that refuses every batch is not asked for ever', async () => {
  const { logs, batches } = setUp(async () => {
    throw new VitrineError('bad_request', 'No.');
  });
  for (let count = 0; count < 1_200; count += 1) logs.add(line(String(count)));
  await logs.flush();
  expect(batches).toHaveLength(2);
});

test('after the end nothing is sent', async () => {
  const { logs, batches, ending } = setUp();
  logs.add(line('one'));
  ending.abort();
  logs.add(line('two'));
  await logs.flush();
  expect(batches).toEqual([]);
});

test('flushing nothing is fine, and does not stop later lines', async () => {
  const { logs, batches } = setUp();
  await logs.flush();
  logs.add(line('one'));
  await logs.flush();
  expect(batches).toHaveLength(1);
});
