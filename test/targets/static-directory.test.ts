import { hash as hashOnce } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hashDirectory, readFrom } from '../../src/targets/static-directory.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vitrine-dir-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));
const sha = (content: string | Buffer) => hashOnce('sha256', content, 'hex');

test('every file is named by its path from the top, its hash and its size, sorted', async () => {
  await mkdir(join(dir, 'b/c'), { recursive: true });
  const large = Buffer.alloc(3_000_000, 'abc');
  for (const [path, content] of Object.entries({
    'z.txt': 'z',
    'b/c/ü.html': 'ü',
    'big.bin': large,
    empty: '',
  })) {
    await writeFile(join(dir, path), content);
  }
  const { files, notes } = await hashDirectory(dir);
  expect(files).toEqual([
    { path: 'b/c/ü.html', hash: sha('ü'), size: 2 },
    { path: 'big.bin', hash: sha(large), size: 3_000_000 },
    { path: 'empty', hash: sha(''), size: 0 },
    { path: 'z.txt', hash: sha('z'), size: 1 },
  ]);
  expect(notes).toEqual([]);
  const read = readFrom(dir);
  for (const file of files) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of read(file)) chunks.push(chunk);
    expect(sha(Buffer.concat(chunks))).toBe(file.hash);
  }
});

test('links to files inside count as files, every other link is left out with a note', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'vitrine-outside-'));
  await writeFile(join(outside, 'secret'), 'secret');
  await writeFile(join(dir, 'real.txt'), 'real');
  await mkdir(join(dir, 'folder'));
  await symlink('real.txt', join(dir, 'inside.txt'));
  await symlink(join(outside, 'secret'), join(dir, 'out.txt'));
  await symlink(outside, join(dir, 'out-folder'));
  await symlink('/', join(dir, 'slash'));
  await symlink('folder', join(dir, 'in-folder'));
  await symlink('nowhere', join(dir, 'dangling'));
  const { files, notes } = await hashDirectory(dir);
  await rm(outside, { recursive: true });
  expect(files.map(({ path, size }) => [path, size])).toEqual([
    ['inside.txt', 4],
    ['real.txt', 4],
  ]);
  expect(notes.toSorted()).toEqual([
    '"dangling" was left out: it is a link to nothing.',
    '"in-folder" was left out: it is a link to something that is not a file.',
    '"out-folder" was left out: it is a link that leaves the directory.',
    '"out.txt" was left out: it is a link that leaves the directory.',
    '"slash" was left out: it is a link that leaves the directory.',
  ]);
});

test('a link to a hidden file inside is left out as the file itself is', async () => {
  await mkdir(join(dir, '.git'));
  await writeFile(join(dir, '.git', 'config'), 'token');
  await writeFile(join(dir, '.env'), 'TOKEN=1');
  await mkdir(join(dir, '.well-known'));
  await writeFile(join(dir, '.well-known', 'security.txt'), 'hello');
  await symlink('.git/config', join(dir, 'config.txt'));
  await symlink('.env', join(dir, 'env.txt'));
  await symlink('.well-known/security.txt', join(dir, 'security.txt'));
  const { files, notes } = await hashDirectory(dir);
  const visible = files.map(({ path }) => path).filter((path) => !path.startsWith('.'));
  expect(visible).toEqual(['security.txt']);
  expect(notes.toSorted()).toEqual([
    '"config.txt" was left out: it is a link to a hidden file.',
    '"env.txt" was left out: it is a link to a hidden file.',
  ]);
});

test('what is no regular file is left out with a note', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(dir, 'socket'), resolve));
  const { files, notes } = await hashDirectory(dir);
  server.close();
  expect(files).toEqual([]);
  expect(notes).toEqual(['"socket" was left out: it is not a regular file.']);
});

test('progress counts every file and byte', async () => {
  for (let n = 0; n < 20; n += 1) await writeFile(join(dir, `f${n}`), 'x'.repeat(n));
  const seen: { files: number; of: number; bytes: number }[] = [];
  await hashDirectory(dir, { onProgress: (progress) => seen.push(progress) });
  expect(seen).toHaveLength(20);
  expect(seen.at(-1)).toEqual({ files: 20, of: 20, bytes: 190 });
});

test('a directory that is not there says what to check', async () => {
  await expect(hashDirectory(join(dir, 'dist'))).rejects.toThrow('does the build write it?');
});
