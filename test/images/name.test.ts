import { expect, test } from '@jest/globals';
import { isDigest, isImageName, isTag, namespaceOf, routeOf } from '../../src/images/name.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['/v2/', { kind: 'base' }],
  ['/v2', { kind: 'base' }],
  ['/v2/token', { kind: 'token' }],
  [`/v2/a/b/blobs/${DIGEST}`, { kind: 'blob', name: 'a/b', reference: DIGEST }],
  ['/v2/a/blobs/uploads/', { kind: 'uploads', name: 'a' }],
  ['/v2/a/blobs/uploads', { kind: 'uploads', name: 'a' }],
  ['/v2/a/blobs/uploads/abc-1', { kind: 'upload', name: 'a', session: 'abc-1' }],
  ['/v2/a/manifests/v1', { kind: 'manifest', name: 'a', reference: 'v1' }],
  ['/v2/a/tags/list', { kind: 'tags', name: 'a' }],
  [`/v2/a/referrers/${DIGEST}`, { kind: 'referrers', name: 'a', reference: DIGEST }],
  // Parts of a name may be called as the words of the protocol.
  ['/v2/a/blobs/manifests/v1', { kind: 'manifest', name: 'a/blobs', reference: 'v1' }],
  ['/v2/a', null],
  ['/v2/a/manifests/', null],
  ['/v2/a/manifests/v1/more', null],
])('the path %s is understood', (path, route) => {
  expect(routeOf(path)).toEqual(route);
});

test.each([
  ['pr-42-shop', true],
  ['pr-42-shop/web', true],
  ['a__b.c', true],
  ['Upper', false],
  ['a..b', false],
  ['a/', false],
  ['/a', false],
  ['a/../b', false],
  ['-a', false],
  ['a'.repeat(256), false],
])('%s is a name: %s', (name, expected) => {
  expect(isImageName(name)).toBe(expected);
});

test('digests are SHA-256 in lower case, and tags are words', () => {
  expect([DIGEST, DIGEST.toUpperCase(), 'sha512:aa', 'sha256:a'].map(isDigest)).toEqual([
    true,
    false,
    false,
    false,
  ]);
  expect(['v1.0', 'latest', '.x', 'a:b', 'a'.repeat(129)].map(isTag)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('a repository belongs to the environment that its name begins with', () => {
  expect([namespaceOf('pr-1-shop'), namespaceOf('pr-1-shop/web')]).toEqual(['pr-1-shop', 'pr-1-shop']);
});
