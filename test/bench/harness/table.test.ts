import { expect, test } from '@jest/globals';
import { compare, type Comparison } from '../../../bench/harness/compare.js';
import { renderTable, showFigure } from '../../../bench/harness/table.js';

const ASKED: Comparison = {
  id: 'P1',
  what: 'acks',
  unit: 'per second',
  ours: [900, 1000, 1200],
  against: 'peer',
  theirs: [1000, 1000, 1000],
};

test.each([
  { limits: { of: 'ratio', least: 0.9 }, verdict: { limit: '>= 0.9 x', met: true } },
  { limits: { of: 'ratio', least: 1.25 }, verdict: { limit: '>= 1.25 x', met: false } },
  { limits: { of: 'ratio', most: 1 }, verdict: { limit: '<= 1 x', met: true } },
  { limits: { of: 'figure', most: 999 }, verdict: { limit: '<= 999', met: false } },
  { limits: { of: 'difference', most: 0 }, verdict: { limit: '<= 0 more', met: true } },
  { limits: { of: 'difference', most: -1 }, verdict: { limit: '<= -1 more', met: false } },
  { limits: { of: 'figure', least: 1000 }, verdict: { limit: '>= 1000', met: true } },
] as const)('a median of 1000 against 1000 is held against $verdict.limit', ({ limits, verdict }) => {
  expect(compare({ ...ASKED, now: limits }).now).toEqual(verdict);
});

test('a row says what was measured, who it is held against, and whether the goals are met', () => {
  const row = compare({ ...ASKED, now: { of: 'ratio', least: 0.9 }, goal: { of: 'ratio', least: 1.25 } });
  expect(renderTable([row]).split('\n')[2]).toBe(
    '| P1 | acks | 1,000/s | peer | 1,000/s | **1.00** (0.90 to 1.20) | >= 0.9 x: met | >= 1.25 x: not yet |',
  );
});

test('a peer that is not installed is named, and nothing is said to be met or missed against it', () => {
  const row = compare({ ...ASKED, theirs: null, now: { of: 'ratio', least: 0.9 } });
  expect(renderTable([row]).split('\n')[2]).toBe('| P1 | acks | 1,000/s | peer | not here |  |  |  |');
});

test('the table is one that Markdown knows', () => {
  const lines = renderTable([compare(ASKED), compare(ASKED)]).split('\n');
  const cells = lines.map((line) => line.split('|').length);
  expect(lines).toHaveLength(4);
  expect(new Set(cells).size).toBe(1);
  expect(lines[1]).toMatch(/^(\| --- )+\|$/);
});

test.each([
  { value: 12_345.6, unit: 'per second', text: '12,346/s' },
  { value: 8.25, unit: 'ms', text: '8.3 ms' },
  { value: 250.4, unit: 'ms', text: '250 ms' },
  { value: 0.1234, unit: 's', text: '0.123 s' },
  { value: 46_291, unit: 'bytes', text: '46.3 kB' },
  { value: 73_231_716, unit: 'bytes', text: '73,232 kB' },
  { value: 0.0132, unit: 'commands', text: '0.0132' },
] as const)('$value $unit reads $text', ({ value, unit, text }) => {
  expect(showFigure(value, unit)).toBe(text);
});
