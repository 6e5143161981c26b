import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { archiveOf } from '../../../src/targets/node/build-archive.js';
import type { Build } from '../../../src/targets/node/runner.js';
import { buildOf } from '../../support/programs.js';

const run = promisify(execFile);
const owner = { uid: 65_532, gid: 65_532 };

const DEEP = `${'a-folder-with-a-long-name/'.repeat(12)}page.html`;

test('an archive has every file with its folders, its owner, and the commands of packages as links', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-archive-'));
  const build = buildOf({
    'server.js': 'the server',
    'empty.txt': '',
    [DEEP]: 'deep',
    'node_modules/.bin/next': 'a copy that does not work',
    'node_modules/next/package.json': '{ "name": "next", "bin": { "next": "./dist/bin/next", "../x": "y" } }',
    'node_modules/next/dist/bin/next': '#!/usr/bin/env node',
  });
  const chunks = [];
  for await (const chunk of archiveOf(build, { folder: 'app', owner })) chunks.push(chunk);
  const archive = join(folder, 'build.tar');
  await writeFile(archive, Buffer.concat(chunks));
  const { stdout } = await run('tar', ['--list', '--verbose', '--numeric-owner', '--file', archive]);
  const owners = new Set(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)[1]),
  );
  expect([...owners]).toEqual(['65532/65532']);
  expect(stdout).toMatch(/^drwxr-xr-x .* app$/m);
  await run('tar', ['--extract', '--no-same-owner', '--file', archive, '--directory', folder]);
  const text = (path: string) => readFile(join(folder, 'app', path), 'utf8');
  expect([await text('server.js'), await text('empty.txt'), await text(DEEP)]).toEqual([
    'the server',
    '',
    'deep',
  ]);
  expect(await readlink(join(folder, 'app/node_modules/.bin/next'))).toBe('../next/dist/bin/next');
  expect((await stat(join(folder, 'app/node_modules/.bin/next'))).mode & 0o777).toBe(0o755);
  expect(await text('node_modules/.bin/next')).toBe('#!/usr/bin/env node');
  await rm(folder, { recursive: true });
});

const CHUNK = Buffer.alloc(64 * 1024);
const CHUNKS = 1_024;

/** One file of 64 MiB; counts what was read of it. */
function largeBuild() {
  const seen = { chunks: 0 };
  const build: Build = {
    files: [{ path: 'large.bin', size: CHUNK.length * CHUNKS, hash: '' }],
    async *read() {
      for (; seen.chunks < CHUNKS; seen.chunks += 1) yield CHUNK;
    },
  };
  return { build, seen };
}

test('no more is read than the engine takes, and nothing after it has refused the archive', async () => {
  const { build, seen } = largeBuild();
  let bytes = 0;
  for await (const chunk of archiveOf(build, { folder: 'app', owner })) {
    bytes += chunk.length;
    expect(seen.chunks * CHUNK.length - bytes).toBeLessThan(1024 ** 2);
    if (bytes > 16 * 1024 ** 2) break;
  }
  expect(seen.chunks).toBeLessThan(CHUNKS / 2);
});

test('a file that cannot be read, or lies outside of the build, ends it with the reason', async () => {
  const broken: Build = {
    files: [{ path: 'server.js', size: 10, hash: '' }],
    // eslint-disable-next-line require-yield
    async *read() {
      throw new Error('The disk is away.');
    },
  };
  const read = async (build: Build) => {
    for await (const chunk of archiveOf(build, { folder: 'app', owner }))
      expect(chunk.length).toBeGreaterThan(0);
  };
  await expect(read(broken)).rejects.toThrow('The disk is away.');
  await expect(read(buildOf({ '../etc/passwd': 'x' }))).rejects.toThrow(/lies outside of it/);
});
