import { spawnSync } from 'node:child_process';
import { hash as hashOnce } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { hashDirectory, readFrom } from '../../../src/uploads/client/directory.js';
import { ARTIFACT_LIMITS, type ArtifactLimits, MIB } from '../../../src/uploads/limits.js';

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

test('of a program hidden files are listed too, and what is skipped is not read', async () => {
  for (const path of ['.next/cache/x', '.next/server.js', 'node_modules/.prisma/client.js', '.git/config']) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), path);
  }
  await symlink('.next/server.js', join(dir, 'server.js'));
  const skips = (path: string) => path === '.next/cache';
  const { files, notes } = await hashDirectory(dir, { without: ['.git'], skips, ofProgram: true });
  expect(files.map(({ path }) => path)).toEqual([
    '.next/server.js',
    'node_modules/.prisma/client.js',
    'server.js',
  ]);
  expect(notes).toEqual([]);
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
  expect(files.map(({ path }) => path)).toEqual(['.well-known/security.txt', 'security.txt']);
  expect(notes.toSorted()).toEqual([
    '".env" was left out: it is hidden, and hidden files are not published.',
    '".git" was left out: it is hidden, and hidden files are not published.',
    '"config.txt" was left out: it is a link to a hidden file.',
    '"env.txt" was left out: it is a link to a hidden file.',
  ]);
});

test('hidden folders are not looked into, wherever they are and whatever they hold', async () => {
  for (const folder of ['.git/objects', 'sub/.git', '.well-known/.cache']) {
    await mkdir(join(dir, folder), { recursive: true });
    for (let n = 0; n < 50; n += 1) await writeFile(join(dir, folder, `f${n}`), '');
  }
  await writeFile(join(dir, '.git', 'pack'), '');
  await truncate(join(dir, '.git', 'pack'), 200 * 1024 * 1024);
  await writeFile(join(dir, 'index.html'), '');
  const seen: number[] = [];
  const { files, notes } = await hashDirectory(dir, { onProgress: ({ of }) => seen.push(of) });
  expect(files.map(({ path }) => path)).toEqual(['index.html']);
  expect(seen).toEqual([1]);
  expect(notes).toHaveLength(3);
});

test('many that are left out for one reason are one note, with a few names', async () => {
  for (let n = 0; n < 200; n += 1) await symlink('nowhere', join(dir, `link${String(n).padStart(3, '0')}`));
  for (const name of ['.a', '.b', '.c', '.d']) await writeFile(join(dir, name), '');
  const { notes } = await hashDirectory(dir);
  expect(notes.toSorted()).toEqual([
    '200 were left out, such as "link000", "link001", "link002": each is a link to nothing.',
    '4 were left out, such as ".a", ".b", ".c": each is hidden, and hidden files are not published.',
  ]);
});

test('folders that are not wanted are passed by without a word, be they links or real', async () => {
  await mkdir(join(dir, 'node_modules/x'), { recursive: true });
  await mkdir(join(dir, 'js'));
  await symlink('../node_modules', join(dir, 'js/node_modules'));
  await writeFile(join(dir, 'node_modules/x/y.js'), '');
  await writeFile(join(dir, 'js/app.js'), '');
  const { files, notes } = await hashDirectory(dir, { without: ['node_modules'] });
  expect([files.map(({ path }) => path), notes]).toEqual([['js/app.js'], []]);
});

test('names that are not UTF-8 are left out with a note', async () => {
  const named = (name: Buffer): Buffer => Buffer.concat([Buffer.from(`${dir}/`), name]);
  await writeFile(named(Buffer.from([0xff, 0x41])), 'x');
  await mkdir(named(Buffer.from([0x62, 0xfe])));
  await writeFile(join(dir, 'index.html'), '');
  const { files, notes } = await hashDirectory(dir);
  expect(files.map(({ path }) => path)).toEqual(['index.html']);
  expect(notes).toEqual([
    '"b\ufffd" was left out: it is named with bytes that are not UTF-8.',
    '"\ufffdA" was left out: it is named with bytes that are not UTF-8.',
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

test('a pipe is left out with a note, and nobody waits for what would come out of it', async () => {
  expect(spawnSync('mkfifo', [join(dir, 'pipe')]).status).toBe(0);
  const { files, notes } = await hashDirectory(dir);
  expect(files).toEqual([]);
  expect(notes).toEqual(['"pipe" was left out: it is not a regular file.']);
});

test('of a file its content counts and nothing else: neither its rights nor how often it is linked', async () => {
  await writeFile(join(dir, 'plain.txt'), 'same');
  await writeFile(join(dir, 'setuid.txt'), 'same');
  await chmod(join(dir, 'setuid.txt'), 0o6755);
  await link(join(dir, 'plain.txt'), join(dir, 'hardlink.txt'));
  const { files, notes } = await hashDirectory(dir);
  const same = { hash: sha('same'), size: 4 };
  expect(files).toEqual([
    { path: 'hardlink.txt', ...same },
    { path: 'plain.txt', ...same },
    { path: 'setuid.txt', ...same },
  ]);
  expect(notes).toEqual([]);
});

test('progress counts every file and byte', async () => {
  for (let n = 0; n < 20; n += 1) await writeFile(join(dir, `f${n}`), 'x'.repeat(n));
  const seen: { files: number; of: number; bytes: number }[] = [];
  await hashDirectory(dir, { onProgress: (progress) => seen.push(progress) });
  expect(seen).toHaveLength(20);
  expect(seen.at(-1)).toEqual({ files: 20, of: 20, bytes: 190 });
});

/** Files that claim a size and take no space; answers how many were read before the directory was refused. */
async function refusalOf(sizes: Readonly<Record<string, number>>, limits: ArtifactLimits = ARTIFACT_LIMITS) {
  for (const [name, size] of Object.entries(sizes)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), '');
    await truncate(join(dir, name), size);
  }
  let read = 0;
  const hashing = hashDirectory(dir, { limits, onProgress: () => (read += 1) });
  const error = await hashing.catch((thrown: unknown) => thrown);
  return { error, read };
}

test('a file that claims two terabytes is refused by its size, and nothing is read', async () => {
  const { error, read } = await refusalOf({ 'a.html': 5, 'disk.img': 2 * 1024 ** 4 });
  expect(error).toMatchObject({
    code: 'too_large',
    message:
      'The upload was refused: "disk.img" has 2199023255552 bytes, more than the 104857600 of one file.',
  });
  expect(read).toBe(0);
});

test('files that are too large together are refused by their sizes, and nothing is read', async () => {
  const names = Array.from({ length: 11 }, (_, index) => [`video${index}.mp4`, 100 * MIB] as const);
  const { error, read } = await refusalOf(Object.fromEntries(names));
  expect(error).toMatchObject({
    code: 'too_large',
    message:
      'The upload was refused: 1153433600 bytes are more than the 1073741824 that one preview may have.',
  });
  expect(read).toBe(0);
});

test('the search ends at the first file too many, and names the folder that holds the most', async () => {
  const names = Array.from({ length: 9 }, (_, index) => [`store/${index}.js`, 1] as const);
  const limits = { ...ARTIFACT_LIMITS, files: 5 };
  const { error, read } = await refusalOf({ 'index.html': 1, ...Object.fromEntries(names) }, limits);
  expect(error).toMatchObject({
    code: 'too_large',
    message:
      'The upload was refused: the directory has more than 5 files, the most that one preview may have. ' +
      '"store" alone has 5 or more. Does "output-dir" name only what the build writes?',
  });
  expect(read).toBe(0);
});

const CANCELLED = 'The workflow run was cancelled.';

test('a run that is cancelled while many files are read stops reading', async () => {
  for (let n = 0; n < 300; n += 1) await writeFile(join(dir, `f${n}`), 'x');
  const stopping = new AbortController();
  const seen: number[] = [];
  const hashing = hashDirectory(dir, {
    signal: stopping.signal,
    onProgress: ({ files }) => {
      seen.push(files);
      stopping.abort(new Error(CANCELLED));
    },
  });
  await expect(hashing).rejects.toThrow(CANCELLED);
  expect(seen.length).toBeLessThan(100);
});

test('a run that is cancelled while one large file is read stops reading it', async () => {
  await writeFile(join(dir, 'large.bin'), '');
  await truncate(join(dir, 'large.bin'), 90 * MIB);
  const stopping = new AbortController();
  let read = 0;
  const hashing = hashDirectory(dir, { signal: stopping.signal, onProgress: () => (read += 1) });
  setImmediate(() => stopping.abort(new Error(CANCELLED)));
  await expect(hashing).rejects.toThrow(CANCELLED);
  expect(read).toBe(0);
});

test('a directory that is not there says what to check', async () => {
  await expect(hashDirectory(join(dir, 'dist'))).rejects.toThrow('does the build write it?');
});
