import { expect, test } from '@jest/globals';
import { readLines } from '../../src/deployments/logs/read.js';
import { LOG_BYTES, type LogBatch, type LogStore } from '../../src/deployments/logs/store.js';
import type { LogLine, NumberedLine } from '../../src/shared/log-lines.js';

function line(text: string, changes: Partial<LogLine> = {}): LogLine {
  return { at: new Date(1_000), type: 'build', stage: 'building', level: 'info', text, ...changes };
}

function batchOf(batch: number, ...texts: readonly string[]): LogBatch {
  return { deploymentId: 'd1', writer: 'run', batch, lines: texts.map((text) => line(text)) };
}

async function linesOf(store: LogStore, after = 0, deploymentId = 'd1'): Promise<NumberedLine[]> {
  const all: NumberedLine[] = [];
  for await (const lines of readLines(store, { deploymentId, after })) all.push(...lines);
  return all;
}

const textsOf = async (store: LogStore, after = 0) =>
  (await linesOf(store, after)).map(({ number, text }) => `${number} ${text}`);

/** What every LogStore must do. `create` gives an empty one for each test. */
export function testLogStore(name: string, create: () => Promise<LogStore>): void {
  test(`${name}: a line comes back as it was appended, under the number that it keeps`, async () => {
    const store = await create();
    const lines = [
      line('one', { at: new Date(5_000), type: 'system', stage: '', level: 'error' }),
      line('', { at: new Date(4_000) }),
      line('tés\u001b[31mt', { type: 'deploy', level: 'debug' }),
    ];
    const { chunk, last } = await store.append({ ...batchOf(0), lines, source: 'k8s' });
    expect([chunk?.first, chunk?.source, last]).toEqual([1, 'k8s', 3]);
    expect(await linesOf(store)).toEqual(
      lines.map((each, index) => ({ ...each, number: index + 1, source: 'k8s' })),
    );
    expect((await store.chunksFrom('d1', 1, 5)).map(({ source }) => source)).toEqual(['k8s']);
  });

  test(`${name}: a reader goes on after any line, also in the middle of a batch`, async () => {
    const store = await create();
    await store.append(batchOf(0, 'a', 'b', 'c'));
    await store.append(batchOf(1, 'd'));
    await store.append({ ...batchOf(2, 'e', 'f'), writer: 'server' });
    expect(await textsOf(store)).toEqual(['1 a', '2 b', '3 c', '4 d', '5 e', '6 f']);
    expect(await textsOf(store, 1)).toEqual(['2 b', '3 c', '4 d', '5 e', '6 f']);
    expect(await textsOf(store, 5)).toEqual(['6 f']);
    expect(await textsOf(store, 6)).toEqual([]);
    expect([await store.lastLine('d1'), await store.lastLine('d2')]).toEqual([6, 0]);
  });

  test(`${name}: a batch that is sent again, also at once, is kept once and as it came first`, async () => {
    const store = await create();
    const answers = await Promise.all(Array.from({ length: 20 }, () => store.append(batchOf(3, 'a', 'b'))));
    expect(answers.filter(({ chunk }) => chunk !== null)).toHaveLength(1);
    expect(answers.map(({ last }) => last)).toEqual(Array.from({ length: 20 }, () => 2));
    expect(await store.append(batchOf(3, 'another'))).toEqual({ chunk: null, last: 2 });
    expect(await store.append(batchOf(2, 'overtaken'))).toEqual({ chunk: null, last: 2 });
    expect(await textsOf(store)).toEqual(['1 a', '2 b']);
  });

  test(`${name}: a batch that must follow another one is kept only there`, async () => {
    const store = await create();
    const follows = (batch: number, after: number | null) =>
      store.append({ ...batchOf(batch, `line ${String(batch)}`), writer: 'app', after });
    expect(await store.batchesOf('d1')).toEqual({});
    expect((await follows(5, null)).chunk).not.toBeNull();
    expect((await follows(9, null)).chunk).toBeNull();
    expect((await follows(9, 4)).chunk).toBeNull();
    const answers = await Promise.all([7, 8, 9].map((batch) => follows(batch, 5)));
    expect(answers.filter(({ chunk }) => chunk !== null)).toHaveLength(1);
    expect(await store.lastLine('d1')).toBe(2);
    expect(Object.keys(await store.batchesOf('d1'))).toEqual(['app']);
  });

  test(`${name}: writers that append at once share the numbers, and none of their lines is lost`, async () => {
    const store = await create();
    const write = async (writer: string) => {
      for (let batch = 0; batch < 8; batch += 1)
        await store.append({ ...batchOf(batch, `${writer}${batch}`, '-'), writer });
    };
    await Promise.all(['a', 'b', 'c'].map(write));
    const lines = await linesOf(store);
    expect(lines.map(({ number }) => number)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
    for (const writer of ['a', 'b', 'c'])
      expect(lines.map(({ text }) => text).filter((text) => text.startsWith(writer))).toEqual(
        Array.from({ length: 8 }, (_, batch) => `${writer}${batch}`),
      );
  });

  test(`${name}: a batch over 256 KiB is refused and one below is kept`, async () => {
    const store = await create();
    await expect(store.append(batchOf(0, 'é'.repeat(131_072)))).rejects.toMatchObject({ code: 'too_large' });
    await store.append(batchOf(0, 'x'.repeat(260_000)));
    expect(await store.lastLine('d1')).toBe(1);
  });

  test(`${name}: of a giant log the head and the tail are kept, with a mark that counts what is between`, async () => {
    const store = await create();
    const text = 'x'.repeat(1_000);
    let last = 0;
    for (let batch = 0; batch < 160; batch += 1) {
      const lines = Array.from({ length: 250 }, (_, index) => line(`${batch}.${index} ${text}`));
      ({ last } = await store.append({ ...batchOf(batch), lines }));
    }
    expect(last).toBe(40_000);
    const kept = await linesOf(store);
    const mark = kept.findIndex(({ omitted }) => omitted !== undefined);
    const { omitted = 0, number, text: said } = kept[mark] ?? (line('') as NumberedLine);
    expect(kept.length - 1 + omitted).toBe(last);
    expect([kept[0]?.number, kept.at(-1)?.number]).toEqual([1, last]);
    expect(said).toBe(`(${omitted.toLocaleString('en')} lines are not kept: this log is too long)`);
    expect([kept[mark - 1]?.number, kept[mark + 1]?.number]).toEqual([number - omitted, number + 1]);
    const bytes = (lines: readonly NumberedLine[]) => lines.reduce((sum, each) => sum + each.text.length, 0);
    const head = bytes(kept.slice(0, mark));
    const tail = bytes(kept.slice(mark + 1));
    expect(head).toBeGreaterThan(LOG_BYTES.head * 0.95);
    expect(head).toBeLessThanOrEqual(LOG_BYTES.head);
    expect(tail).toBeGreaterThan(LOG_BYTES.tail * 0.95);
    expect(tail).toBeLessThan(LOG_BYTES.tail * 1.06);
    // Somebody who had read a part of the middle is told of the rest of it.
    const later = await store.chunksFrom('d1', 1, 1);
    expect(later).toHaveLength(1);
    const [first] = await linesOf(store, number - 10);
    expect(first).toMatchObject({ number, omitted: 10 });
  });

  test(`${name}: logs of deleted deployments are gone, others stay`, async () => {
    const store = await create();
    await store.append(batchOf(1, 'a'));
    await store.append({ ...batchOf(1, 'b'), deploymentId: 'd2' });
    await store.deleteOf(['d1']);
    await store.deleteOf([]);
    expect([await store.lastLine('d1'), await store.lastLine('d2')]).toEqual([0, 1]);
  });

  test(`${name}: chunks that are too old are removed in batches`, async () => {
    const store = await create();
    for (let batch = 0; batch < 5; batch += 1) await store.append(batchOf(batch, 'a'));
    expect(await store.deleteBefore(new Date(0), 10)).toBe(0);
    const soon = new Date(Date.now() + 60_000);
    expect(await store.deleteBefore(soon, 3)).toBe(3);
    expect(await store.deleteBefore(soon, 3)).toBe(2);
    expect(await linesOf(store)).toEqual([]);
  });
}
