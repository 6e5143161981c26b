import { expect, test } from '@jest/globals';
import { baseReference, chooseNode, muslLinker, runtimeOf } from '../../../src/targets/node/base-image.js';

const builtOn = { platform: 'linux', arch: 'x64', libc: 'glibc', nodeMajor: 20 } as const;

test.each([
  ['>=20', 24],
  ['^20.5.0 || ^22.0.0', 22],
  ['20.x', 20],
  ['20.11.1', 20],
  ['<22', 20],
  ['22', 22],
  ['*', 24],
])('of Node %s the newest version that this server has is %i', (range, major) => {
  expect(chooseNode(range, builtOn)).toBe(major);
});

test.each(['^4', '>=99', '21', '<20'])(
  'Node %s is refused, and the reason names those that there are',
  (range) => {
    expect(() => chooseNode(range)).toThrow(
      /engines\.node.*this server has Node 20, 22 and 24\. Widen the range/,
    );
  },
);

test('without a range that can be read, programs get the Node that installed their packages, otherwise the newest', () => {
  expect(chooseNode(null, builtOn)).toBe(20);
  expect(chooseNode('lts/*', builtOn)).toBe(20);
  expect(chooseNode(null, { ...builtOn, nodeMajor: 17 })).toBe(24);
  expect(chooseNode(null)).toBe(24);
});

test('the operator names the base image, and the version stands where the mark is', () => {
  expect(baseReference('mirror.example.com/library/node:{version}-slim', 22)).toBe(
    'mirror.example.com/library/node:22-slim',
  );
});

test('what programs run on is read from the base image, in the words of Node', () => {
  const base = { id: '', exposedPorts: [], user: '', os: 'linux', architecture: 'amd64' };
  expect(runtimeOf({ ...base, env: ['NODE_VERSION=22.5.1'] }, { major: 22, hasMusl: false })).toEqual({
    ...{ node: '22.5.1', os: 'linux', arch: 'x64', libc: 'glibc' },
  });
  expect(runtimeOf({ ...base, architecture: 'arm64', env: [] }, { major: 24, hasMusl: true })).toEqual({
    ...{ node: '24', os: 'linux', arch: 'arm64', libc: 'musl' },
  });
  expect([muslLinker('x64'), muslLinker('arm64')]).toEqual([
    '/lib/ld-musl-x86_64.so.1',
    '/lib/ld-musl-aarch64.so.1',
  ]);
});
