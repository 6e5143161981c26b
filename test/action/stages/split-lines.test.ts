import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLineSplitter } from '../../../action/stages/run-command.js';

function split(...chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

test.each([
  [['a\nb\n'], ['a', 'b']],
  [['a\r\nb'], ['a', 'b']],
  [
    ['a\r', '\nb\n'],
    ['a', 'b'],
  ],
  [['10%\r50%\r100%\n'], ['10%', '50%', '100%']],
  [['half', ' and half\n'], ['half and half']],
  [['a\n\nb\n'], ['a', '', 'b']],
  [['a\r'], ['a']],
  [[], []],
])('%j are the lines %j', (chunks, lines) => {
  expect(split(...chunks)).toEqual(lines);
});

test('a character that is cut in two is put together again, and what is no text is replaced', () => {
  const euro = Buffer.from('€');
  expect(split(euro.subarray(0, 1), euro.subarray(1), Buffer.from([0xff, 0x0a]))).toEqual(['€\ufffd']);
});

test('an endless line is cut and its length told', () => {
  const chunks = Array.from({ length: 50 }, () => 'x'.repeat(10_000));
  const [line = '', ...rest] = split(...chunks, '\nnext\n');
  expect(line.length).toBeLessThan(66_000);
  expect(line).toMatch(/\(434464 more characters\)$/);
  expect(rest).toEqual(['next']);
});

test('however the bytes are cut, the lines are the same', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '\n', '\r', '€') }),
      fc.array(fc.nat(40)),
      (text, cuts) => {
        const bytes = Buffer.from(text);
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(split(...chunks)).toEqual(split(bytes));
      },
    ),
  );
});
