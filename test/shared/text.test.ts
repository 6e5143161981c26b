import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { capitalised, cleanLine, colouredLine, linesOf, showBytes } from '../../src/shared/text.js';

test.each([
  ['\u001b[31mred\u001b[0m text', 'red text'],
  ['\u001b[2J\u001b[1;1Hgone', 'gone'],
  ['\u001b]8;;http://x\u0007link\u001b]8;;\u0007', 'link'],
  ['\u001b]8;;http://x\u001b\\link', 'link'],
  ['\u001b]0;title that never ends', ''],
  ['\u001bPq#0\u001b\\ok', 'ok'],
  ['\u009b31mred', 'red'],
  ['\u001b(Bplain\u001b=', 'plain'],
  ['half a sequence \u001b[', 'half a sequence '],
  ['x\r\n\r\nevent: x', 'x  event: x'],
  ['one\rtwo\u2028three\u0085four', 'one two three four'],
  ['a\u0000b\u0008c\u007fd', 'abcd'],
  ['tab\tstays, and ümläut 🚀 too', 'tab\tstays, and ümläut 🚀 too'],
])('%j becomes %j', (line, expected) => {
  expect(cleanLine(line)).toBe(expected);
});

test.each([
  ['plain', 'plain'],
  [
    '\u001b[1;31mred\u001b[0m and \u001b[38:5:208morange\u001b[m',
    '\u001b[1;31mred\u001b[0m and \u001b[38:5:208morange\u001b[m',
  ],
  ['\u001b[2J\u001b[31mred\u001b]8;;http://x\u0007link', '\u001b[31mredlink'],
  ['\u009b31mno colour of old terminals', 'no colour of old terminals'],
  ['a\u0000b\nc\td', 'ab c\td'],
])('%j is shown as %j', (line, expected) => {
  expect(colouredLine(line)).toBe(expected);
});

test.each([
  ['one', ['one']],
  ['', ['']],
  ['one\ntwo\r\nthree\u2028four\n', ['one', 'two', 'three', 'four']],
  ['10%\r50%\r100%', ['100%']],
  ['100%\r\u001b[K', ['100%']],
  ['\u001b[32m50%\r\u001b[32m100%\u001b[0m\nnext', ['\u001b[32m100%\u001b[0m', 'next']],
  ['\r\n\r\n', ['', '']],
  ['x\n\nevent: done\ndata: {}', ['x', '', 'event: done', 'data: {}']],
])('%j is the lines %j', (text, expected) => {
  expect(linesOf(text)).toEqual(expected);
});

test('colours are all that a terminal obeys in any line that is shown', () => {
  const parts = fc.constantFrom('\u001b', '[', '31', 'm', '2J', ']', '\u0007', '\r', '\n', '\u009b', 'text');
  fc.assert(
    fc.property(fc.array(parts), (given) => {
      for (const line of linesOf(given.join(''))) {
        expect(line.replace(/\u001b\[[\d;:]*m/g, '')).toMatch(
          /^[^\u0000-\u0008\u000a-\u001f\u007f-\u009f]*$/,
        );
        expect(cleanLine(line)).toBe(line.replace(/\u001b\[[\d;:]*m/g, ''));
      }
    }),
  );
});

test('nothing that moves a cursor or begins a line is left of any text', () => {
  const text = fc.array(
    fc.oneof(fc.constantFrom('\u001b', '[', ']', '\u0007', '\n', '\r', '\\', 'm', '\u009b'), fc.string()),
  );
  fc.assert(
    fc.property(text, (parts) => {
      const codes = Array.from(cleanLine(parts.join('')), (sign) => sign.codePointAt(0) ?? 0);
      return codes.every((code) => code === 9 || (code >= 32 && (code < 127 || code > 159)));
    }),
  );
});

test('a megabyte of beginnings without ends is cleaned', () => {
  expect(cleanLine('\u001b]'.repeat(500_000))).toBe('');
});

test.each([
  [812, '812 bytes'],
  [4_200, '4.2 kB'],
  [98_700_000, '98.7 MB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(showBytes(bytes)).toBe(shown);
});

test('a capital letter changes the first letter only', () => {
  expect([capitalised('installing'), capitalised('')]).toEqual(['Installing', '']);
});
