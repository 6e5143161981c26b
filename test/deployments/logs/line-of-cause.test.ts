import { expect, test } from '@jest/globals';
import { lineOfCause } from '../../../src/deployments/logs/read.js';
import type { LogStore } from '../../../src/deployments/logs/store.js';
import type { Cause } from '../../../src/shared/cause/cause.js';

/** A log in two chunks. */
function logOf(texts: readonly string[]): LogStore {
  const lines = texts.map((text) => {
    return { at: new Date(0), type: 'build', stage: 'building', level: 'info', text } as const;
  });
  const half = Math.ceil(lines.length / 2);
  const chunks = [
    { deploymentId: 'd', first: 1, lines: lines.slice(0, half), source: null },
    { deploymentId: 'd', first: half + 1, lines: lines.slice(half), source: null },
  ];
  return {
    startOf: async () => 1,
    chunksFrom: async (_id: string, from: number) => chunks.filter(({ first }) => first >= from),
  } as unknown as LogStore;
}

const causeOf = (excerpt: readonly string[], at: number): Cause => ({ line: 'why', excerpt, at });
const find = (texts: readonly string[], cause: Cause) =>
  lineOfCause(logOf(texts), { deploymentId: 'd', cause });

test('the line of a cause is the one that has the same line before it', async () => {
  const texts = ['summary:', 'error: no', 'compiling', '\u001b[31merror: no\u001b[0m  ', 'after'];
  expect(await find(texts, causeOf(['compiling', 'error: no', 'after'], 1))).toBe(4);
});

test('without such a line it is the first with its text', async () => {
  expect(await find(['a', 'error: no', 'b', 'error: no'], causeOf(['error: no'], 0))).toBe(2);
  expect(await find(['a', 'error: no', 'b', 'error: no'], causeOf(['other', 'error: no'], 1))).toBe(2);
});

test('a line that is longer than an excerpt is found by its beginning', async () => {
  expect(await find(['a', 'x'.repeat(900)], causeOf(['x'.repeat(500)], 0))).toBe(2);
});

test('a log that does not have the line any more has none', async () => {
  expect(await find(['a', 'b'], causeOf(['error: no'], 0))).toBeNull();
});
