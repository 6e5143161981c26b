import { expect, test } from '@jest/globals';
import { createPatternMatcher, matchesPatterns } from '../../src/shared/globs.js';
import { createRedactor } from '../../src/shared/redact/redact.js';
import { cleanLine } from '../../src/shared/text.js';
import { headersFor, parseHeaderRules } from '../../src/sites/headers.js';
import { decodeMeta } from '../../src/uploads/pack.js';
import { cpuGrowth } from '../support/cpu-growth.js';

/** Between linear (4) and quadratic (16). */
const LINEAR = 8;

const name = (size: number) => 'a'.repeat(size);
const lines = (count: number) => `/*\n${Array.from({ length: count }, () => ' X-A: 1').join('\n')}`;
const preface = { metaBytes: 10, textBytes: 5, compressedBytes: 15, rawBytes: 5 };

function match(pattern: string, value: string): void {
  matchesPatterns([pattern], value);
}

function matchMany(files: number): void {
  const patterns = Array.from({ length: 100 }, (_, n) => `{apps,packages}/*/src/**/*.{${n}a,${n}b}`);
  const matches = createPatternMatcher(patterns);
  for (let n = 0; n < files; n += 1) matches(`packages/web/src/a/b/c/file-${n}.ts`);
}

function hide(secret: string, text: string): void {
  const { redact, push, end } = createRedactor([secret]);
  const log = text.repeat(Math.ceil(200_000 / text.length));
  redact(log);
  push(log);
  end();
}

function refuse(head: string): void {
  expect(() => decodeMeta(Buffer.from(head), preface)).toThrow();
}

test.each<[string, number, (size: number) => void]>([
  ['many stars on a long name', 2_000, (size) => match('*a*a*a*a*a*a*a*a*b', name(size))],
  ['many folders of stars on a deep name', 1_000, (size) => match('**/**/**/**/**/b', 'a/'.repeat(size))],
  ['a pattern like an expression on a long name', 2_000, (size) => match('(a|a|aa)+b', name(size))],
  ['alternatives on a long name', 2_000, (size) => match('{*a,*b}{*a,*b}{*a,*b}x', name(size))],
  ['many patterns on many files', 1_000, matchMany],
  ['beginnings without ends in a line', 100_000, (size) => void cleanLine('\u001b]'.repeat(size))],
  ['many headers of one path', 20_000, (size) => void headersFor(parseHeaderRules(lines(size)).rules, '/a')],
  ['many elements in the head of a pack', 250_000, (size) => refuse(`{"text":[0${',0'.repeat(size)}]}`)],
  ['many lists in the head of a pack', 250_000, (size) => refuse(`{"text":${'['.repeat(size)}`)],
  ['a secret of one letter', 15_000, (size) => hide(name(size), 'a')],
  [
    'a secret of thousands of similar lines',
    2_000,
    (size) => hide(Array.from({ length: size }, (_, n) => `line${n}x`).join('\n'), 'line5line'),
  ],
])('%s take time in proportion to their size', (_what, size, work) => {
  expect(cpuGrowth(work, size)).toBeLessThan(LINEAR);
});
