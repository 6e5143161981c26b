import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutBytes, escapeText, fence, inlineCode } from '../../src/shared/markdown.js';
import { HOSTILE_TEXTS } from './hostile-texts.js';

const anyText = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS.filter(({ length }) => length < 1_000)),
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('`', '~', '\n', '@a', '#1', '<b>', '](', '|', '\\', ' ', '://', '\u202e'), {
      maxLength: 30,
    })
    .map((p) => p.join('')),
);

/** What CommonMark says a code span is: the same run of backticks at both ends and no such run between. */
function isOneCodeSpan(text: string): boolean {
  const [, ticks = '', inner = ''] = /^(`+)([^]*[^`]|)\1$/.exec(text) ?? [];
  const runs: readonly string[] = inner.match(/`+/g) ?? [];
  return ticks !== '' && !runs.includes(ticks);
}

test.each([
  ['feat/a', '`feat/a`'],
  ['a`id`b', '``a`id`b``'],
  ['`x`', '`` `x` ``'],
  ['', '` `'],
  ['  ', '` `'],
  ['a\nb', '`a b`'],
  ['a|b', '`a¦b`'],
  ['a\u202eb', '`a\ufffdb`'],
  ['<img>', '`<img>`'],
])('%j as code is %j', (text, expected) => {
  expect(inlineCode(text)).toBe(expected);
});

test.each(HOSTILE_TEXTS)('%.60j is one code span on one line', (text) => {
  const code = inlineCode(text);
  expect(isOneCodeSpan(code)).toBe(true);
  expect(code).not.toMatch(/[\n\r|]/);
  expect(Array.from(code).length).toBeLessThanOrEqual(120);
});

test('any text is one code span of limited length', () => {
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, max) => {
      const code = inlineCode(text, max);
      return isOneCodeSpan(code) && Array.from(code.replace(/^`+ ?| ?`+$/g, '')).length <= max;
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['Add a page', 'Add a page'],
  ['@org/team', '@\u200borg/team'],
  ['Fixes #1', 'Fixes \\#\u200b1'],
  ['GH-3', 'GH\u200b\\-3'],
  ['<b>', '&lt;b&gt;'],
  ['1. x', '1\\. x'],
  ['  x  ', 'x'],
  ['a\u202eb', 'a\ufffdb'],
])('%j as words is %j', (text, expected) => {
  expect(escapeText(text)).toBe(expected);
});

const ACTIVE = [
  /(?<!\\)[`*_[\]<>|~$]/,
  /@[A-Za-z0-9]/,
  /#\d/,
  /\bgh-\d/i,
  /:\/\//,
  /www\./i,
  /\n/,
  /(?:^|\s)\w+:\w+:/,
  /[\u202a-\u202e]/,
  /\b[0-9a-f]{40}\b/,
  /&(?!amp;|lt;|gt;)/,
];

test.each(HOSTILE_TEXTS)('%.60j as words does nothing', (text) => {
  const words = escapeText(text);
  for (const pattern of ACTIVE) expect(words).not.toMatch(pattern);
  expect(words.length).toBeLessThan(5_000);
});

test('no text does anything as words', () => {
  fc.assert(
    fc.property(anyText, (text) => ACTIVE.every((pattern) => !pattern.test(escapeText(text)))),
    { numRuns: 2_000 },
  );
});

test('a block of code holds every line and nothing closes it', () => {
  expect(fence('one\r\n```\n\u001b[31mtwo\u001b[0m')).toBe('````text\none\n```\ntwo\n````');
  fc.assert(
    fc.property(anyText, (text) => {
      const lines = fence(text).split('\n');
      const ticks = /^`{3,}/.exec(lines[0] ?? '')?.[0] ?? '';
      const inner = lines.slice(1, -1);
      return ticks !== '' && lines.at(-1) === ticks && !inner.some((line) => line.trim().startsWith(ticks));
    }),
    { numRuns: 2_000 },
  );
});

test('what fits is not cut', () => {
  expect(cutBytes('ümläut', 8)).toBe('ümläut');
});

test.each([
  ['in the middle of an emoji', '😀'.repeat(10), 30, '😀😀😀😀😀\n… (cut)'],
  ['in a block of code', '```text\n' + 'x'.repeat(100), 40, '```text\n' + 'x'.repeat(18) + '\n… (cut)\n```'],
  ['after a block of code', '```\na\n```\n' + 'x'.repeat(100), 30, '```\na\n```\nxxxxxxxxxx\n… (cut)'],
  ['in a block of tildes', '~~~~\n```\n' + 'x'.repeat(100), 30, '~~~~\n```\nxxxxxx\n… (cut)\n~~~~'],
  ['where no mark fits', '😀😀', 5, '😀'],
  ['where nothing fits', '😀😀', 3, ''],
  ['where only an open block would fit', '```\n' + 'x'.repeat(50), 14, '\n… (cut)'],
])('text is cut %s', (_, text, max, expected) => {
  expect(cutBytes(text, max)).toBe(expected);
});

test('65,536 emoji are cut to what GitHub takes', () => {
  const cut = cutBytes(fence('😀'.repeat(65_536)), 65_535);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(65_535);
  expect(Buffer.byteLength(cut)).toBeGreaterThan(65_500);
  expect(cut.endsWith('\n```')).toBe(true);
  expect(cut).not.toContain('\ufffd');
});

test('whatever is cut has the size, whole characters, and no block of code left open', () => {
  const whole = fc.array(fc.constantFrom('```', '````', '~~~', '\n', 'x', 'é', '😀', '```js', ' ', '``'), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(whole, fc.nat(120), (parts, max) => {
      const text = parts.join('');
      const cut = cutBytes(text, max);
      if (Buffer.byteLength(cut) > max || cut.includes('\ufffd')) return false;
      return cut === text || !cut.includes('(cut)') || !leavesOpen(cut);
    }),
    { numRuns: 3_000 },
  );
});

/** Independent of the code under test: one line after the other, as CommonMark reads them. */
function leavesOpen(text: string): boolean {
  let fenceOf = '';
  for (const line of text.split('\n')) {
    const run = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    const rest = line.trimStart().slice(run.length);
    if (fenceOf === '' && run !== '' && !(run.startsWith('`') && rest.includes('`'))) fenceOf = run;
    else if (fenceOf !== '' && run.startsWith(fenceOf) && rest.trim() === '') fenceOf = '';
  }
  return fenceOf !== '';
}
