import { expect, test } from '@jest/globals';
import { CAUSE_LIMITS } from '../../../src/shared/cause/cause.js';
import { causeOf, createCauseFinder } from '../../../src/shared/cause/find.js';

const lineOf = (...lines: readonly string[]) => causeOf(lines)?.line;

test('a log without an error has no cause', () => {
  expect(causeOf([])).toBeNull();
  expect(causeOf(['compiling', 'no such module'])).toBeNull();
});

test.each([
  ['a count of no errors', 'Found 0 errors. Watching for file changes.'],
  ['a count in a summary', 'webpack 5.9 compiled with 0 errors and 0 warnings in 3 ms'],
  ['a file of that name', 'dist/assets/error.js   1.20 kB'],
  ['a page of that name', '├ ○ /error                 142 B'],
  ['a page called 404', '  λ /404: Error page'],
  ['a warning of npm', 'npm WARN deprecated left-pad@1.3.0: Error: use String.prototype.padStart()'],
  ['a newer warning of npm', 'npm warn ERESOLVE overriding peer dependency'],
  ['a warning', 'warning: Error: will be an error in the next version'],
  ['a warning of Rollup', '(!) Unresolved dependencies'],
  ['a command that is echoed', '> echo "src/a.ts(1,7): error TS2322: a"'],
  ['a test about errors', '  ✓ throws Error: no frame (3 ms)'],
  ['an option', '$ eslint --max-warnings 0 --error-on-unmatched-pattern src'],
  ['a URL', 'GET https://example.com/error: 200'],
  ['a line that a Go program logs', 'main.go:12: building 3 pages'],
  ['a download', 'go: downloading github.com/yuin/goldmark v1.7.8'],
  ['the end of a script of Yarn', 'error Command failed with exit code 1.'],
  ['the end of a script of pnpm', ' ELIFECYCLE  Command failed with exit code 1.'],
  ['a step of Yarn', '➤ YN0000: · Failed with errors in 0s 20ms'],
  ['what Jest prints of a test that passed', '  ● Console'],
  ['a word', 'error'],
])('%s is no error', (_what, line) => {
  expect(lineOf('building', line, 'done')).toBeUndefined();
});

test('an error that is printed on the way gives way to the one of the tool that failed', () => {
  const log = ['Error: this one is printed by a test', 'src/a.ts(1,7): error TS2322: Type "x" is not "y".'];
  expect(lineOf(...log)).toBe('src/a.ts(1,7): error TS2322: Type "x" is not "y".');
  expect(lineOf(...log.toReversed())).toBe('src/a.ts(1,7): error TS2322: Type "x" is not "y".');
});

test('of several errors of tools the first one counts', () => {
  expect(lineOf('src/b.ts(9,1): error TS1005: b', 'src/a.ts(1,7): error TS2322: a')).toBe(
    'src/b.ts(9,1): error TS1005: b',
  );
});

test('an error in the output of a script of a workspace is found behind its prefix', () => {
  const error = 'src/a.ts(1,7): error TS2322: a';
  expect(lineOf(`packages/web build: ${error}`)).toBe(`packages/web build: ${error}`);
  expect(lineOf('web:build: panic: no frame')).toBe('panic: no frame');
  expect(lineOf('npm error Error: boom')).toBe('Error: boom');
});

test('a line that ends with a colon goes on in the next one', () => {
  expect(lineOf('Error: Cannot read the file:', '', '  pages.json')).toBe(
    'Error: Cannot read the file: pages.json',
  );
  expect(lineOf('Error: Build failed with 2 errors:', 'a.ts:1:7: ERROR: x')).toBe('a.ts:1:7: ERROR: x');
  expect(lineOf('Error: the log ends here:')).toBe('Error: the log ends here:');
});

test.each([
  ['an error of webpack', ['ERROR in src/a.ts:1:1'], 'src/a.ts:1:1'],
  [
    'an error of webpack about everything',
    ['ERROR in Entry module not found', 'see the docs'],
    'Entry module not found',
  ],
  ['an error of the program of webpack', ['[webpack-cli] Error: No entry'], 'Error: No entry'],
  ['a file that does not compile', ['Failed to compile.', 'Unknown syntax'], 'Unknown syntax'],
  [
    'a page that cannot be rendered',
    ['Error occurred prerendering page "/a"'],
    'Error occurred prerendering page "/a"',
  ],
  ['a rule of ESLint', ['  2:1  error  No x  no-x'], 'No x no-x (2:1)'],
  [
    'a value of SyntaxError in JavaScript',
    ['SyntaxError: Unexpected token'],
    'SyntaxError: Unexpected token',
  ],
  [
    'an exception without a message',
    ['Traceback (most recent call last):', 'KeyboardInterrupt'],
    'KeyboardInterrupt',
  ],
  ['a panic without a place', ['panic: boom'], 'panic: boom'],
  [
    'the script of a package',
    ['npm error code 1', 'npm error path /a/node_modules/b', 'npm error command sh -c make'],
    'The install script of b failed: make',
  ],
  ['a script of the project', ['npm error code 1', 'npm error command sh -c make'], 'make failed'],
  ['a build of Yarn', ['➤ YN0009: │ b could not be built'], 'b could not be built'],
  ['a compiler in C', ['a.c:3:1: fatal error: no b.h'], 'a.c:3:1: fatal error: no b.h'],
  [
    'a lock file that would change',
    ['➤ YN0028: │ -x'],
    'The lockfile would have been modified by this install.',
  ],
  ['a program of which nothing is known', ['fatal: not a git repository'], 'not a git repository'],
])('%s is read as far as the log goes', (_what, log, expected) => {
  expect(lineOf(...log)).toBe(expected);
});

test('a heading without anything below it is no cause', () => {
  for (const heading of [
    'error during build:',
    'Failed to compile.',
    'npm error code EUSAGE',
    'npm error code 1',
  ])
    expect(lineOf(heading)).toBeUndefined();
});

test('what begins like a traceback and has no exception is none', () => {
  expect(
    lineOf('Traceback (most recent call last):', '  File "a.py", line 1', 'and so on, said the page'),
  ).toBe(undefined);
});

test('paths in the checkout are shown relative to it', () => {
  const root = '/home/runner/work/site/site';
  const log = [`Error: no ${root}/a.ts, and no file://${root}/b.ts`];
  expect(causeOf(log, { root })?.line).toBe('Error: no a.ts, and no b.ts');
  expect(causeOf(log, { root })?.excerpt).toEqual(log);
});

test('the excerpt has the lines around the error, without empty ones at its ends', () => {
  const log = ['one', '', 'two', '', 'Error: boom', '    at build (build.js:1:7)', '', ''];
  expect(causeOf(log)).toEqual({
    line: 'Error: boom',
    excerpt: ['two', '', 'Error: boom', '    at build (build.js:1:7)'],
    at: 2,
  });
});

test('of a long traceback the end is shown, with the exception', () => {
  const frames = Array.from({ length: 150 }, (_, n) => `  File "/srv/lib/site-packages/a.py", line ${n}`);
  const cause = causeOf(['Traceback (most recent call last):', ...frames, 'ValueError: bad page', 'after']);
  expect(cause?.line).toBe('ValueError: bad page');
  expect(cause?.excerpt).toHaveLength(CAUSE_LIMITS.excerptLines);
  expect(cause?.excerpt[cause.at]).toBe('ValueError: bad page');
});

test('a cause is one line of bounded length, whatever the tool prints', () => {
  const cause = causeOf([`Error: a\tb  ${'🧨'.repeat(5_000)}`]);
  expect(cause?.line.startsWith('Error: a b 🧨')).toBe(true);
  expect(Array.from(cause?.line ?? '').length).toBeLessThanOrEqual(CAUSE_LIMITS.line);
  for (const line of cause?.excerpt ?? [])
    expect(line.length).toBeLessThanOrEqual(CAUSE_LIMITS.excerptCharacters);
});

test('of an endless log only a bounded part is kept', () => {
  const finder = createCauseFinder();
  for (let n = 0; n < 20_000; n += 1) {
    finder.push(`Error: number ${n} ${'x'.repeat(2_000)}`);
    finder.push('npm error code EUSAGE');
  }
  const kept = JSON.stringify(finder.found());
  expect(finder.found()?.line).toContain('number 0 ');
  expect(kept.length).toBeLessThan(CAUSE_LIMITS.excerptLines * (CAUSE_LIMITS.excerptCharacters + 4) + 1_000);
});
