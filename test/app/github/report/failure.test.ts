import { expect, test } from '@jest/globals';
import { failureText } from '../../../../app/github/report/phrases.js';

const LOG = [
  'throw new Error("The frame is missing");',
  'Error: The frame is missing',
  '    at Object.<anonymous> (/home/runner/work/build.js:1:7)',
  '    at render (/home/runner/work/node_modules/vite/dist/node.js:3:1)',
  '    at Module._compile (node:internal/modules/cjs/loader:1521:14)',
  '    at node:internal/main/run_main_module:28:49',
  'Node.js v20.20.2',
];

const logOf = (logTail: readonly string[], lines: number) =>
  failureText({ stage: null, error: 'x', cause: null, log: logTail }, { lines, characters: 3_000 }).log;

test('a short excerpt keeps the message and drops frames of the runtime and of packages', () => {
  expect(logOf(LOG, 4)).toBe([LOG[0], LOG[1], LOG[2], LOG[6]].join('\n'));
});

test('a log that fits is shown unchanged', () => {
  expect(logOf(LOG, 7)).toBe(LOG.join('\n'));
});

test('only whole lines are shown, each with at most 500 characters', () => {
  const shown = failureText(
    { stage: null, error: 'x', cause: null, log: ['a'.repeat(600), 'b'.repeat(90)] },
    { lines: 5, characters: 100 },
  );
  expect(shown.log).toBe('b'.repeat(90));
  expect(logOf(['c'.repeat(600)], 5)).toBe('c'.repeat(500));
});
