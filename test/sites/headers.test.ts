import { expect, test } from '@jest/globals';
import { headersFor, parseHeaderRules } from '../../src/sites/headers.js';

const applied = (text: string, path: string) => headersFor(parseHeaderRules(text).rules, path);
const notes = (text: string) => parseHeaderRules(text).notes;

const cases: [string, string, string, (readonly [string, string])[]][] = [
  ['a path', '/a\n  X-A: 1', '/a', [['x-a', '1']]],
  ['another path', '/a\n  X-A: 1', '/b', []],
  ['a splat', '/docs/*\n\tX-A: 1', '/docs/a/b', [['x-a', '1']]],
  ['a splat for its own folder', '/docs/*\n X-A: 1', '/docs', [['x-a', '1']]],
  ['a splat and an ending', '/*.js\n X-A: 1', '/a/b.js', [['x-a', '1']]],
  ['dots that are dots', '/*.js\n X-A: 1', '/a/bxjs', []],
  ['a path with spaces and signs', '/a%20b/%C3%BC\n X-A: 1', '/a b/ü', [['x-a', '1']]],
  ['a folder, not its own name without the slash', '/a/\n X-A: 1', '/a', []],
  ['a placeholder', '/u/:id/x\n X-A: 1', '/u/7/x', [['x-a', '1']]],
  ['a placeholder, one segment only', '/u/:id\n X-A: 1', '/u/7/x', []],
  ['a name twice', '/*\n X-A: 1\n X-A: 2', '/', [['x-a', '1, 2']]],
  [
    'two blocks',
    '/*\n X-A: 1\n/a\n X-A: 2\n X-B: 3',
    '/a',
    [
      ['x-a', '1, 2'],
      ['x-b', '3'],
    ],
  ],
  ['a header taken away', '/*\n X-A: 1\n/a\n ! X-A', '/a', []],
  ['a header changed', '/*\n X-A: 1\n/a\n ! X-A\n X-A: 2', '/a', [['x-a', '2']]],
  ['comments and empty lines', '# hi\n\n/a\n # no\n\n X-A: 1\r\n', '/a', [['x-a', '1']]],
  ['a byte order mark', '\ufeff/a\n X-A: 1', '/a', [['x-a', '1']]],
  ['colons in a value', '/a\n Link: </x>; rel=a:b', '/a', [['link', '</x>; rel=a:b']]],
  [
    'a cookie for its own host',
    '/a\n Set-Cookie: a=1; Domain=.example.com; Secure',
    '/a',
    [['set-cookie', 'a=1; Secure']],
  ],
  [
    'HSTS for its own host',
    '/a\n Strict-Transport-Security: max-age=9; includeSubDomains; preload',
    '/a',
    [['strict-transport-security', 'max-age=9']],
  ],
];
test.each(cases)('%s', (_, text, path, expected) => {
  expect(applied(text, path)).toEqual(expected);
  expect(notes(text)).toEqual([]);
});

const skipped: [string, string][] = [
  [' X-A: 1', 'before any path'],
  ['/a\n X-Robots-Tag: all', 'x-robots-tag is decided by the server'],
  ['/a\n x-content-type-options: none', 'decided by the server'],
  ['/a\n Service-Worker-Allowed: /', 'decided by the server'],
  ['/a\n Clear-Site-Data: "*"', 'decided by the server'],
  ['/a\n Content-Length: 5', 'decided by the server'],
  ['/a\n Transfer-Encoding: chunked', 'decided by the server'],
  ['/a\n X-Accel-Redirect: /etc/passwd', 'decided by the server'],
  ['/a\n X-Accel-Buffering: no', 'decided by the server'],
  ['/a\n X-Sendfile: /etc/passwd', 'decided by the server'],
  ['/a\n X-LIGHTTPD-send-file: /etc/passwd', 'decided by the server'],
  ['/a\n X-Reproxy-URL: http://127.0.0.1/', 'decided by the server'],
  ['/a\n Status: 500', 'decided by the server'],
  ['/a\n Proxy-Connection: close', 'decided by the server'],
  ['/a\n Basic-Auth: user:hunter2', 'basic-auth is decided by the server'],
  ['/a\n X-A: \u0001', 'cannot carry'],
  ['/a\n X-A: 日本', 'cannot carry'],
  ['/a\n no header', 'is not "Name: value"'],
  ['/a\n X A: 1', 'is not "Name: value"'],
  ['a\n', 'not a path pattern'],
  ['https://x.example/*\n', 'not a path pattern'],
  ['/*/*\n', 'not a path pattern'],
  ['/:a/:a\n', 'not a path pattern'],
  [`/${'x'.repeat(2_001)}\n`, 'longer than 2000'],
  [`/a\n X-A: ${'x'.repeat(2_001)}`, 'longer than 2000'],
];
test.each(skipped)('%j is skipped with a note', (text, reason) => {
  expect(notes(text)).toEqual([expect.stringContaining(reason)]);
  expect(notes(text)[0]).toMatch(/^_headers line \d was skipped/);
  expect(applied(text, '/a')).toEqual([]);
  expect(notes(text).join()).not.toContain('hunter2');
});

test('headers under a path that was skipped are skipped too', () => {
  expect(applied('/*\n X-A: 1\nbad\n X-B: 2', '/')).toEqual([['x-a', '1']]);
});

test('at most 200 paths count', () => {
  const text = Array.from({ length: 201 }, (_, n) => `/${n}\n X-A: 1`).join('\n');
  expect(parseHeaderRules(text).rules).toHaveLength(200);
  expect(notes(text)[0]).toContain('only the first 200');
});

test('an unlucky pattern does not hang on an unlucky path', () => {
  const pattern = `/${':a/:b/:c/:d/:e/:f/'}*x`;
  expect(applied(`${pattern}\n X-A: 1`, `/${'a/'.repeat(4_000)}`)).toEqual([]);
});

const lines = (count: number, line = ' X-A: 1') => Array.from({ length: count }, () => line).join('\n');
const full: [string, string, number][] = [
  ['lines of one block', `/*\n${lines(60_000)}`, 100],
  ['lines of blocks of one path', `/*\n${lines(99)}\n/*\n${lines(3)}`, 100],
  ['headers taken away', `/*\n${lines(100, ' ! X-B')}\n${lines(1)}`, 0],
  ['bytes', `/*\n${lines(130, ` X-A: ${'x'.repeat(1_900)}`)}`, 4],
];
test.each(full)('too many %s of a path are left out with one note', (_, text, kept) => {
  expect(notes(text)).toEqual([
    expect.stringMatching(/^_headers line \d+ was skipped: one path may have 100 headers/),
  ]);
  expect(applied(text, '/a').flatMap(([, value]) => value.split(', '))).toHaveLength(kept);
});

test('an answer where many paths meet carries no more than that of one', () => {
  const blocks = ['/*', '/a*', '/a/*', '/:x/b'].map((path) => `${path}\n${lines(40, ' Set-Cookie: a=1')}`);
  expect(notes(blocks.join('\n'))).toEqual([]);
  expect(applied(blocks.join('\n'), '/a/b')).toHaveLength(100);
  expect(applied(`/*\n X-B: 1\n${blocks.join('\n')}`, '/c')[0]).toEqual(['x-b', '1']);
});
