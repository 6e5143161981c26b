import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  isAtLeast,
  nodeForEngine,
  releaseOf,
  runtimeVersion,
} from '../../../embedded-mongodb/engine/glibc.js';

test.each([
  ['2.38', '2.38', true],
  ['2.41', '2.38', true],
  ['3.0', '2.38', true],
  ['2.36', '2.38', false],
  ['2.9', '2.38', false],
  ['', '2.38', false],
])('glibc %p at least %p: %p', (version, needed, expected) => {
  expect(isAtLeast(version, needed)).toBe(expected);
});

test.each([
  [{ header: { glibcVersionRuntime: '2.36' } }, '2.36'],
  [{ header: {} }, undefined],
  [{ header: { glibcVersionRuntime: '' } }, undefined],
  [{}, undefined],
  ['text', undefined],
  [null, undefined],
])('the report %j names glibc %p', (report, version) => {
  expect(runtimeVersion(report)).toBe(version);
});

test.each([
  ['NAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\nID=debian\n', { id: 'debian', codename: 'bookworm' }],
  [
    'ID="ubuntu"\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\nVERSION_CODENAME=jammy\n',
    { id: 'ubuntu', codename: 'jammy' },
  ],
  ['', { id: '', codename: '' }],
])('the release is read from %j', (text, release) => {
  expect(releaseOf(text)).toEqual(release);
});

const linuxOnly = process.platform === 'linux' ? test : test.skip;

linuxOnly('a C library that is new enough needs nothing but Node itself', async () => {
  const node = await nodeForEngine({ env: {}, log: () => undefined, version: '2.39' });
  expect(node).toEqual({ command: process.execPath, args: [] });
});

linuxOnly(
  'where a newer C library cannot be fetched, the error names the versions and nothing is left behind',
  async () => {
    const cache = await mkdtemp(join(tmpdir(), 'vitrine-cache-'));
    const attempt = nodeForEngine({
      env: { XDG_CACHE_HOME: cache, PATH: cache },
      log: () => undefined,
      version: '2.17',
    });
    await expect(attempt).rejects.toThrow(/glibc 2\.38.*2\.17/);
    const left = await readdir(join(cache, 'vitrine')).catch(() => []);
    expect(left).toEqual([]);
    await rm(cache, { recursive: true });
  },
);
