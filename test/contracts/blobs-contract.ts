import { hash as hashOnce } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { BlobStore } from '../../src/uploads/store.js';

export interface BlobStoreSetup {
  readonly store: BlobStore;
  /** Makes a blob look unused for so long. */
  readonly age: (hash: string, ms: number) => Promise<void>;
}

const HOUR = 3_600_000;

export const blobOf = (content: Buffer | string) => {
  const bytes = Buffer.from(content);
  return { hash: hashOnce('sha256', bytes, 'hex'), size: bytes.length, content: [bytes] };
};

/** What every BlobStore must do. `create` gives an empty one for each test. */
export function testBlobStore(name: string, create: () => Promise<BlobStoreSetup>): void {
  const collect = async (chunks: AsyncIterable<Buffer>) => {
    const all: Buffer[] = [];
    for await (const chunk of chunks) all.push(chunk);
    return Buffer.concat(all).toString();
  };
  const everything = async (store: BlobStore) => {
    const hashes: string[] = [];
    for await (const { hash } of store.list()) hashes.push(hash);
    return hashes.sort();
  };
  const text = 'All happy pages are alike. '.repeat(200);

  test(`${name}: content comes back whole, in parts and with its size`, async () => {
    const { store } = await create();
    const blob = blobOf('hello world');
    await store.write(blob);
    expect((await store.readAll(blob.hash)).toString()).toBe('hello world');
    expect(await collect(store.read(blob.hash))).toBe('hello world');
    expect(await collect(store.read(blob.hash, { start: 4, end: 6 }))).toBe('o w');
    expect(await store.size(blob.hash)).toBe(11);
    expect(await everything(store)).toEqual([blob.hash]);
  });

  test(`${name}: an empty blob is a blob`, async () => {
    const { store } = await create();
    await store.write(blobOf(''));
    expect(await store.size(blobOf('').hash)).toBe(0);
    expect(await collect(store.read(blobOf('').hash))).toBe('');
  });

  test(`${name}: has() tells what is there`, async () => {
    const { store } = await create();
    await store.write(blobOf('here'));
    const present = await store.has([blobOf('here'), blobOf('not here')]);
    expect([...present]).toEqual([blobOf('here').hash]);
  });

  test(`${name}: has() takes nothing for there that has another size`, async () => {
    const { store } = await create();
    await store.write(blobOf('here'));
    const { hash } = blobOf('here');
    expect((await store.has([{ hash, size: 5 }])).size).toBe(0);
    expect((await store.has([blobOf('here'), { hash, size: 5 }])).size).toBe(0);
    expect((await store.has([blobOf('here'), blobOf('here')])).size).toBe(1);
  });

  test(`${name}: what somebody wrote or asked for since is not deleted, however new it was before`, async () => {
    const { store, age } = await create();
    const contents = ['unused', 'asked for', 'written again'];
    for (const content of contents) await store.write(blobOf(content));
    for (const content of contents) await age(blobOf(content).hash, 1_000);
    const unusedSince = new Date(Date.now() - 500);
    await store.has([blobOf('asked for')]);
    await store.write(blobOf('written again'));
    await store.delete(
      contents.map((content) => blobOf(content).hash),
      { unusedSince },
    );
    expect(await everything(store)).toEqual(['asked for', 'written again'].map((c) => blobOf(c).hash).sort());
  });

  test(`${name}: writing the same content at once, ten times, is one blob`, async () => {
    const { store } = await create();
    await Promise.all(Array.from({ length: 10 }, () => store.write(blobOf(text))));
    expect(await everything(store)).toEqual([blobOf(text).hash]);
  });

  const wrong: [string, Partial<ReturnType<typeof blobOf>>][] = [
    ['another hash', { hash: blobOf('else').hash }],
    ['too short', { size: 12 }],
    ['too long', { size: 10 }],
  ];
  test.each(wrong)(
    `${name}: content that is not what it says (%s) is refused and leaves nothing`,
    async (_, fault) => {
      const { store } = await create();
      const blob = { ...blobOf('hello world'), ...fault };
      await expect(store.write(blob)).rejects.toMatchObject({ code: 'unprocessable' });
      expect(await everything(store)).toEqual([]);
      expect((await store.has([blob])).size).toBe(0);
    },
  );

  test(`${name}: content that is not what it says is refused where the right one is there, too`, async () => {
    const { store } = await create();
    await store.write(blobOf('hello world'));
    const { hash, size } = blobOf('hello world');
    const content = [Buffer.from('HELLO world')];
    await expect(store.write({ hash, size, content })).rejects.toMatchObject({ code: 'unprocessable' });
    await expect(store.write({ hash, size, content: [] })).rejects.toMatchObject({ code: 'unprocessable' });
    expect((await store.readAll(hash)).toString()).toBe('hello world');
  });

  test(`${name}: a stream that breaks leaves nothing, and the blob can be written afterwards`, async () => {
    const { store } = await create();
    const blob = blobOf(text);
    async function* breaking() {
      yield Buffer.from(text).subarray(0, 100);
      throw new Error('connection lost');
    }
    await expect(store.write({ ...blob, content: breaking() })).rejects.toThrow('connection lost');
    expect(await everything(store)).toEqual([]);
    await store.write(blob);
    expect((await store.readAll(blob.hash)).toString()).toBe(text);
  });

  test(`${name}: a blob is not there before its last byte`, async () => {
    const { store } = await create();
    const blob = blobOf(text);
    const seen: (number | null)[] = [];
    async function* slow() {
      yield Buffer.from(text).subarray(0, 1_000);
      seen.push(await store.size(blob.hash), (await store.has([blob])).size);
      yield Buffer.from(text).subarray(1_000);
    }
    await store.write({ ...blob, content: slow() });
    expect(seen).toEqual([null, 0]);
  });

  test(`${name}: reading what is not there says so`, async () => {
    const { store } = await create();
    const { hash } = blobOf('missing');
    await expect(store.readAll(hash)).rejects.toMatchObject({ code: 'not_found' });
    await expect(collect(store.read(hash))).rejects.toMatchObject({ code: 'not_found' });
    expect(await store.size(hash)).toBeNull();
  });

  test.each(['../../etc/passwd', '', 'A'.repeat(64), 'a'.repeat(63), `${'a'.repeat(64)}/x`])(
    `${name}: %j is not the name of a blob`,
    async (hash) => {
      const { store } = await create();
      const read = async () => store.readAll(hash);
      await expect(read()).rejects.toMatchObject({ code: 'bad_request' });
    },
  );

  test(`${name}: a deleted blob is gone with its compressed forms, and deleting it again is fine`, async () => {
    const { store } = await create();
    const { hash } = blobOf(text);
    await store.write(blobOf(text));
    await store.encoded(hash, 'br');
    const unusedSince = new Date(Date.now() + HOUR);
    await store.delete([hash], { unusedSince });
    await store.delete([hash], { unusedSince });
    expect(await everything(store)).toEqual([]);
    expect(await store.encoded(hash, 'br')).toBeNull();
  });

  test(`${name}: what does not get smaller has no compressed form`, async () => {
    const { store } = await create();
    await store.write(blobOf('tiny'));
    expect(await store.encoded(blobOf('tiny').hash, 'br')).toBeNull();
    expect(await store.encoded(blobOf('tiny').hash, 'gzip')).toBeNull();
  });

  test(`${name}: a sweep removes only what nobody names and nobody used lately`, async () => {
    const { store, age } = await create();
    for (const content of ['named', 'asked for', 'orphan', 'new']) await store.write(blobOf(content));
    for (const content of ['named', 'asked for', 'orphan']) await age(blobOf(content).hash, 3 * HOUR);
    await store.has([blobOf('asked for')]);
    const swept = await store.sweep({
      referenced: new Set([blobOf('named').hash]),
      olderThan: new Date(Date.now() - HOUR),
    });
    expect(swept).toEqual({ removed: 1, bytes: 6 });
    expect(await everything(store)).toEqual(['named', 'asked for', 'new'].map((c) => blobOf(c).hash).sort());
  });
}
