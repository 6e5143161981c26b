import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseVariableLines, valuesIn } from '../../src/variables/lines.js';

const PEM = '-----BEGIN KEY-----\nabc=\ndef==\n-----END KEY-----\n';

test.each([
  ['A=1', { A: '1' }],
  ['\ufeffA=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ['# comment\n\n  A = 1 \n#B=2', { A: '1' }],
  ['A=', { A: '' }],
  ['A=b=c', { A: 'b=c' }],
  ['A=$(id) `x` #y', { A: '$(id) `x` #y' }],
  ['A="x # y"', { A: 'x # y' }],
  ['A="a\\nb \\"c\\" \\\\ \\$"', { A: 'a\nb "c" \\ \\$' }],
  ['A=\'a\\n"b"\'', { A: 'a\\n"b"' }],
  ['A="a" b', { A: '"a" b' }],
  [`KEY="${PEM}"\nB=2`, { KEY: PEM, B: '2' }],
  [`KEY='${PEM}'`, { KEY: PEM }],
  ['A="x\nB=1"', { A: 'x\nB=1' }],
  ['', {}],
])('%j is read as %j', (text, values) => {
  expect(parseVariableLines(text)).toEqual({ values, problems: [] });
});

test.each([
  ['A=1\nnonsense', { A: '1' }, /^line 2 is not a name/],
  ['=secret', {}, /^line 1 is not a name/],
  ['1A=secret', {}, /^line 1 is not a name/],
  ['A="one\ntwo"\nPATH=secret', { A: 'one\ntwo' }, /^line 3 steers/],
  ['A=1\nA=secret', { A: '1' }, /^line 2 gives a name for the second time/],
  ['A=1\nB="secret\nC=3', { A: '1', C: '3' }, /^line 2 opens a quote/],
  ["B='secret", {}, /^line 1 opens a quote/],
  ['A=secret\0', {}, /^line 1 holds a NUL/],
])('%j names the line that is wrong, and never the value', (text, values, problem) => {
  const result = parseVariableLines(text);
  expect(result.values).toEqual(values);
  expect(result.problems).toHaveLength(1);
  expect(result.problems[0]).toMatch(problem);
  expect(result.problems[0]).not.toContain('secret');
});

test('what must be hidden includes the values of refused and broken lines', () => {
  const text = 'A=one\nGITHUB_TOKEN=two\nthree\nB="four\nfive\nA=six\nC=';
  expect(valuesIn(text)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
});

test('a prototype cannot be reached by a name', () => {
  const { values, problems } = parseVariableLines('__proto__=x');
  expect(Object.getPrototypeOf(values)).toBe(Object.prototype);
  expect(Object.hasOwn(values, '__proto__')).toBe(false);
  expect(problems).toEqual([expect.stringMatching(/^line 1 is not a name/)]);
});

test('any text ends, and any value in double quotes comes back whole', () => {
  const escape = (value: string) => value.replace(/[\\"]/g, '\\$&').replaceAll('\r', '\\r');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      parseVariableLines(value);
      const safe = value.replaceAll('\0', '');
      const { values } = parseVariableLines(`A="${escape(safe)}"\nB=1`);
      return values['A'] === safe && values['B'] === '1';
    }),
    { numRuns: 1_000 },
  );
});
