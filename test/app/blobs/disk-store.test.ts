import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { createAtomicWriter } from '../../../app/blobs/atomic-writer.js';
import { createDiskBlobStore } from '../../../app/blobs/disk-store.js';
import { createEncoder } from '../../../app/blobs/encoder.js';
import { blobOf, testBlobStore } from '../../contracts/blobs-contract.js';

const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

async function freshStore() {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-blobs-'));
  dirs.push(dir);
  const age = async (hash: string, ms: number) => {
    const then = new Date(Date.now() - ms);
    await utimes(join(dir, hash.slice(0, 2), hash), then, then);
  };
  return { dir, age, store: createDiskBlobStore({ dir }) };
}

const filesOf = async (dir: string) =>
  (await readdir(dir, { recursive: true, withFileTypes: true })).filter((e) => e.isFile()).map((e) => e.name);

testBlobStore('disk', freshStore);

test('a compressed form is made once, kept beside the blob, and is the same content', async () => {
  const { dir, store } = await freshStore();
  const text = 'Every page of a site resembles the others. '.repeat(500);
  const { hash } = blobOf(text);
  await store.write(blobOf(text));
  const [br, again, gz] = await Promise.all([
    store.encoded(hash, 'br'),
    store.encoded(hash, 'br'),
    store.encoded(hash, 'gzip'),
  ]);
  expect(br).toBe(again);
  expect(brotliDecompressSync(br ?? '').toString()).toBe(text);
  expect(gunzipSync(gz ?? '').toString()).toBe(text);
  expect((await filesOf(dir)).sort()).toEqual([hash, `${hash}.br`, `${hash}.gz`]);
  const elsewhere = createDiskBlobStore({ dir });
  expect(await elsewhere.encoded(hash, 'br')).toEqual(br);
});

test('a disk that cannot be written to any more costs nobody a compressed form', async () => {
  const { dir, store } = await freshStore();
  const text = 'Every page of a site resembles the others. '.repeat(500);
  await store.write(blobOf(text));
  await rm(join(dir, 'tmp'), { recursive: true });
  await writeFile(join(dir, 'tmp'), 'in the way');
  const br = await createDiskBlobStore({ dir }).encoded(blobOf(text).hash, 'br');
  expect(brotliDecompressSync(br ?? '').toString()).toBe(text);
});

test('a compressed form of a blob that is deleted while it is made does not stay behind', async () => {
  const { dir, store } = await freshStore();
  const blob = blobOf('Every page of a site resembles the others. '.repeat(500));
  await store.write(blob);
  const encoder = createEncoder({
    writer: createAtomicWriter(dir),
    pathOf: (hash) => join(dir, hash.slice(0, 2), hash),
    async readAll(hash) {
      const bytes = await store.readAll(hash);
      await store.delete([hash], { unusedSince: new Date(Date.now() + 60_000) });
      return bytes;
    },
  });
  expect(await encoder.encoded(blob.hash, 'br')).not.toBeNull();
  expect(await filesOf(dir)).toEqual([]);
});

test('a sweep removes compressed forms whose blob is gone, and nothing else beside blobs', async () => {
  const { dir, store } = await freshStore();
  const blob = blobOf('Every page of a site resembles the others. '.repeat(500));
  await store.write(blob);
  await store.encoded(blob.hash, 'gzip');
  const folder = join(dir, blob.hash.slice(0, 2));
  const gone = `${blob.hash.slice(0, 2)}${'0'.repeat(62)}`;
  for (const name of [`${gone}.br`, `${gone}.gz`, 'notes.br']) await writeFile(join(folder, name), 'form');
  await store.sweep({ referenced: new Set([blob.hash]), olderThan: new Date() });
  expect((await filesOf(dir)).sort()).toEqual([blob.hash, `${blob.hash}.gz`, 'notes.br'].sort());
});

test('what another writer is about to make durable is not there before it is', async () => {
  const { dir, store } = await freshStore();
  const blob = blobOf('one of two');
  const durable: string[] = [];
  const writing = store.write(blob).then(() => durable.push(blob.hash));
  const path = join(dir, blob.hash.slice(0, 2), blob.hash);
  while (!existsSync(path)) await setImmediate();
  expect((await store.has([blob])).size).toBe(1);
  await setImmediate();
  expect(durable).toEqual([blob.hash]);
  await writing;
});

test('every folder that a write makes is made durable in its parent', async () => {
  const { dir } = await freshStore();
  const synced: string[] = [];
  const writer = createAtomicWriter(join(dir, 'data', 'blobs'), {
    sync: async (path) => void synced.push(path),
  });
  await writer.write({ ...blobOf('x'), path: join(dir, 'data', 'blobs', 'ab', 'x') });
  expect(synced).toEqual(
    expect.arrayContaining(['', 'data', 'data/blobs', 'data/blobs/ab'].map((at) => join(dir, at))),
  );
});

test('a sweep removes half-written files of crashed writers after an hour, not before', async () => {
  const { dir, store } = await freshStore();
  await mkdir(join(dir, 'tmp'));
  const hourAgo = new Date(Date.now() - 3_700_000);
  for (const name of ['young', 'old']) await writeFile(join(dir, 'tmp', name), 'half');
  await utimes(join(dir, 'tmp', 'old'), hourAgo, hourAgo);
  await store.sweep({ referenced: new Set(), olderThan: new Date() });
  expect(await readdir(join(dir, 'tmp'))).toEqual(['young']);
});

test('a writer that is killed in the middle leaves no blob, and the next one succeeds', async () => {
  const { dir, store } = await freshStore();
  const content = Buffer.alloc(4_000_000, 'x');
  const { hash, size } = blobOf(content);
  const temporary = join(dir, 'tmp');
  const child = spawn(process.execPath, ['-e', halfWriter(temporary)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await readdir(temporary)).length).toBe(1);
  expect((await store.has([{ hash, size }])).size).toBe(0);
  expect(await store.size(hash)).toBeNull();
  await store.write({ hash, size, content: [content] });
  expect(await store.size(hash)).toBe(size);
});

/** Stands where a writer stands when the machine dies: half of the bytes in the folder for temporary files. */
function halfWriter(temporary: string): string {
  return `const fs = require('node:fs');
    fs.mkdirSync(${JSON.stringify(temporary)}, { recursive: true });
    fs.writeFileSync(${JSON.stringify(join(temporary, 'half'))}, 'x'.repeat(2_000_000));
    console.log('half'); setInterval(() => {}, 1000);`;
}

test('a blob directory that cannot be written to is an error, not a silent success', async () => {
  const { dir } = await freshStore();
  await writeFile(join(dir, 'file'), '');
  const store = createDiskBlobStore({ dir: join(dir, 'file') });
  await expect(store.write(blobOf('x'))).rejects.toThrow();
});

test.each(['ENOSPC', 'EDQUOT'])(
  'a disk that is full (%s) says so, and leaves nothing behind',
  async (code) => {
    const { dir, store } = await freshStore();
    const { hash, size } = blobOf('hello');
    async function* failing() {
      yield Buffer.from('he');
      throw Object.assign(new Error('write failed'), { code });
    }
    await expect(store.write({ hash, size, content: failing() })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(await filesOf(dir)).toEqual([]);
  },
);
