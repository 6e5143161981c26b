import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { capitalised, cleanLine, showBytes } from '../../src/shared/text.js';

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
