import { expect, test } from '@jest/globals';
import { applyRedirect, parseRedirectRules } from '../../src/sites/redirects.js';

const first = (line: string, path: string) => {
  const { rules, notes } = parseRedirectRules(line);
  expect(notes).toEqual([]);
  const [rule] = rules;
  if (rule === undefined) throw new Error('no rule');
  return { to: applyRedirect(rule, path), status: rule.status, force: rule.force };
};

const cases: [string, string, object][] = [
  ['/a /b', '/a', { to: '/b', status: 301, force: false }],
  ['/a /b 302', '/a', { to: '/b', status: 302 }],
  ['/a /b 301!', '/a', { to: '/b', status: 301, force: true }],
  ['/a /b 200', '/a', { to: '/b', status: 200 }],
  ['/a /b 404', '/x', { to: null }],
  ['/blog/* /news/:splat', '/blog/1/2', { to: '/news/1/2' }],
  ['/blog/* /news/:splat', '/blog', { to: '/news/' }],
  ['/u/:id/p/:page /p/:page/u/:id', '/u/7/p/9', { to: '/p/9/u/7' }],
  ['/u/:id /p?u=:id', '/u/a b&c', { to: '/p?u=a%20b%26c' }],
  ['/u/:id https://example.com/:id#x', '/u/ü', { to: 'https://example.com/%C3%BC#x' }],
  ['/a https://example.com:8080/x 308', '/a', { to: 'https://example.com:8080/x', status: 308 }],
  ['/a /b # a comment', '/a', { to: '/b' }],
  ['/a\t/b\t302', '/a', { to: '/b', status: 302 }],
  ['/r/* /:splat', '/r//evil.example', { to: '/evil.example' }],
  ['/r/* /:splat', '/r/\\evil.example', { to: '/%5Cevil.example' }],
  ['/:a/:b /:unknown/:b', '/1/2', { to: '/:unknown/2' }],
  ['/a /b', '/a/', { to: '/b' }],
  ['/a/ /b', '/a', { to: '/b' }],
  ['/a/ /b', '/a/', { to: '/b' }],
  ['/a /b', '/a//', { to: null }],
  ['/a /b', '/ab', { to: null }],
  ['/u/:id /p/:id', '/u/7/', { to: '/p/7' }],
  ['/ /b', '/', { to: '/b' }],
  ['/ /b', '/a', { to: null }],
  ['/a%20b/%C3%BC /x', '/a b/ü', { to: '/x' }],
  ['/%2A /x', '/*', { to: '/x' }],
  ['/%2A /x', '/y', { to: null }],
  ['/100% /x', '/100%', { to: '/x' }],
  ['/%FF%fe /x', '/%FF%fe', { to: '/x' }],
  ['/s/* /:splat 200', '/s/ü 1%', { to: '/%C3%BC%201%25', status: 200 }],
  ['/* /index.html 200', '/any/thing', { to: '/index.html', status: 200 }],
  ['/a/ /a 200', '/a', { to: '/a', status: 200 }],
  ['/a*b/:id/z /:splat/:id', '/aXbXb/7/z', { to: '/XbX/7' }],
  ['/a*b/:id /:splat/:id', '/a/x/y/b/7', { to: '/x/y//7' }],
  ['/a*a /x', '/a', { to: null }],
  ['/:x/*/z/:y /:x/:splat/:y', '/1/2/3/z/4', { to: '/1/2/3/4' }],
  ['/:x/*/z/:y /:x', '/1/z/4', { to: null }],
  ['/*/:x /:splat:x', '/a', { to: null }],
  ['/:x* /:splat', '/:xy', { to: '/y' }],
];
test.each(cases)('%s for %s', (line, path, expected) => {
  expect(first(line, path)).toMatchObject(expected);
});

const skipped: [string, string][] = [
  ['/a https://internal.example/ 200', 'can only serve a path of this site'],
  ['/a //evil.example 200', 'can only serve a path'],
  ['/a /\\evil.example', 'neither a path'],
  ['/a //evil.example', 'neither a path'],
  ['/a javascript:alert(1)', 'neither a path'],
  ['/a data:text/html,x', 'neither a path'],
  ['/a https://:splat.evil.example/', 'neither a path'],
  ['/:h https://:h/', 'neither a path'],
  ['/a https://user:pw@evil.example/', 'neither a path'],
  ['/a /b 500', 'not a status'],
  ['/a /b 304', 'not a status'],
  ['/a /b banana', 'not a status'],
  ['/a /b 302 Country=de', 'conditions'],
  ['/a id=:id /b/:id 301', 'conditions'],
  ['/a /ü', 'percent-encoded'],
  ['/a', 'neither a path'],
  ['/a /%zz 200', 'is not percent-encoded'],
  ['/a /%ff 200', 'is not percent-encoded'],
  ['a /b', 'not a path pattern'],
  ['/*/* /b', 'not a path pattern'],
  [`/*${Array.from({ length: 11 }, (_, n) => `/:p${n}`).join('')} /b`, '10 names at most'],
  ['/a /a/', 'same path but for a final slash'],
  ['/a/ /a 301!', 'same path but for a final slash'],
  ['/a /a', 'same path but for a final slash'],
  ['/a /a/?x=1#y 302', 'same path but for a final slash'],
  ['/a/* /a/:splat/', 'same path but for a final slash'],
  ['/:x/b /:x/b/', 'same path but for a final slash'],
  [`/a /${'x'.repeat(2_001)}`, 'longer than 2000'],
];
test.each(skipped)('%j is skipped with a note', (line, reason) => {
  const { rules, notes } = parseRedirectRules(`\n${line}`);
  expect(rules).toEqual([]);
  expect(notes).toEqual([expect.stringMatching(/^_redirects line 2 was skipped: /)]);
  expect(notes[0]).toContain(reason);
});

test('at most 2,000 rules count', () => {
  const { rules, notes } = parseRedirectRules(Array.from({ length: 2_002 }, (_, n) => `/${n} /x`).join('\n'));
  expect(rules).toHaveLength(2_000);
  expect(notes).toHaveLength(2);
});
