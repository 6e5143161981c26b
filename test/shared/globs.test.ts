import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesPatterns } from '../../src/shared/globs.js';

test.each([
  [[], 'anything', true],
  [['main'], 'main', true],
  [['main'], 'maintenance', false],
  [['release/*'], 'release/1', true],
  [['release/*'], 'release/1/2', false],
  [['release/**'], 'release/1/2', true],
  [['main', '!main'], 'main', false],
  [['!wip/**'], 'feature', true],
  [['!wip/**'], 'wip/a', false],
  [['**', '!docs/**', 'docs/site/**'], 'docs/a.md', false],
  [['**', '!docs/**', 'docs/site/**'], 'docs/site/a.md', true],
  [['**/*.md'], 'README.md', true],
  [['**'], '.github/preview.yml', true],
  [['{main,next}'], 'next', true],
  [['+(a)'], 'a', false],
  [['['], '[', true],
  [['app/[slug]/(shop)/**'], 'app/[slug]/(shop)/page.tsx', true],
  [['a'], '--upload-pack=x', false],
  [['docs/**/img/*'], 'docs/img/a.png', true],
  [['docs/**/img/*'], 'docs/a/b/img/a.png', true],
  [['docs/**/img/*'], 'docs/a/b/img/c/a.png', false],
  [['**/b/**/d'], 'a/b/c/b/x/d', true],
  [['**/b/**/d'], 'a/b/c/b/x/e', false],
  [['docs/**'], 'docs', true],
  [['./src/*.ts'], 'src/a.ts', true],
  [['a?c'], 'a🚀c', true],
  [['a?c'], 'a/c', false],
  [['*b*b*c'], 'abbbxc', true],
  [['*b*b*c'], 'abxc', false],
  [['a**c'], 'abbc', true],
  [['**.md'], 'README.md', true],
  [['**.md'], 'docs/a/b.md', true],
  [['**.md'], 'docs/a/b.mdx', false],
  [['docs/**.md'], 'docs/a/b.md', true],
  [['docs**'], 'docs-site/a/b', true],
  [['docs**'], 'docs', true],
  [['docs**'], 'site/docs', false],
  [['***'], 'a/b', true],
  [['{a,a}', '!b', '{a,a}'], 'a', true],
  [['{{a}}/**'], '{{a}}/b', true],
  [['{a,b}/{c,d}.{ts,js}'], 'b/c.js', true],
  [['{a,b}/{c,d}.{ts,js}'], 'b/e.js', false],
  [['{a}'], '{a}', true],
  [['a{,b}'], 'a', true],
] as const)('%j on %s: %s', (patterns, value, expected) => {
  expect(matchesPatterns(patterns, value)).toBe(expected);
});

test.each(['*a*a*a*a*a*a*a*a*b', '**/**/**/**/**/b', '(a|a|aa)+b', '?*?*?*?*/', '{*a,*b}{*a,*b}{*a,*b}x'])(
  'no name makes %s hang',
  (pattern) => {
    for (const name of ['a'.repeat(4_000), 'a/'.repeat(2_000)])
      expect(matchesPatterns([pattern], name)).toBe(false);
  },
);

test('stars match what a regular expression of the same meaning matches', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 5 });
  const glob = fc.array(part, { minLength: 1, maxLength: 4 });
  const value = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });
  // Within a name two stars are one; at its ends they are folders, which have a test of their own.
  const plain = glob.filter((parts) => parts.every((one) => one === '**' || !/^\*\*|\*\*$/.test(one)));
  fc.assert(
    fc.property(plain, value, (parts, names) => {
      const source = parts.map((one) =>
        one === '**' ? '(?:[^/]+/)*' : `${one.replace(/\*+/g, '[^/]*').replaceAll('?', '[^/]')}/`,
      );
      const expected = new RegExp(`^${source.join('')}$`).test(`${names.join('/')}/`);
      return matchesPatterns([parts.join('/')], names.join('/')) === expected;
    }),
    { numRuns: 5_000 },
  );
});

test('a pattern without signs matches itself and nothing else', () => {
  const name = fc
    .string({ unit: fc.constantFrom('a', 'b', '/', '-', '[', '(', '+', '.'), minLength: 1 })
    .filter((n) => !n.startsWith('./'));
  fc.assert(fc.property(name, name, (one, other) => matchesPatterns([one], other) === (one === other)));
});
