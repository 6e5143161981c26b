import { hash as hashOnce, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, expect, test } from '@jest/globals';
import { createDiskBlobStore } from '../../../app/blobs/disk-store.js';
import { answerPlan } from '../../../app/blobs/pending-upload.js';
import { receivePack } from '../../../app/blobs/receive-pack.js';
import { completeUpload } from '../../../app/blobs/uploads.js';
import { packsFor, planUpload } from '../../../src/uploads/client/packs.js';
import { type ArtifactFile, manifestRoot } from '../../../src/uploads/manifest.js';
import { encodeMeta, encodePreface, type PackMeta } from '../../../src/uploads/pack.js';
import { decodePlan } from '../../../src/uploads/plan.js';
import { filesIn } from '../../support/files-in.js';
import { createMemoryArtifactStore } from '../../support/memory-artifact-store.js';

type Site = Record<string, string | Buffer>;
const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

async function startServer() {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-upload-'));
  dirs.push(dir);
  return { dir, blobs: createDiskBlobStore({ dir }), artifacts: createMemoryArtifactStore() };
}
type Server = Awaited<ReturnType<typeof startServer>>;

const sha = (content: string | Buffer) => hashOnce('sha256', content, 'hex');
const entriesOf = (site: Site): ArtifactFile[] =>
  Object.entries(site).map(([path, content]) => ({
    path,
    hash: sha(content),
    size: Buffer.byteLength(content),
  }));
const readerOf = (site: Site) =>
  async function* read(file: ArtifactFile) {
    yield Buffer.from(site[file.path] ?? '');
  };
async function* chunksOf(bytes: Buffer, size = 10_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

interface Sending {
  readonly server: Server;
  readonly site: Site;
  readonly projectId?: string;
  readonly packBytes?: number;
  /** Stops after so many packs, as a runner that dies does. */
  readonly stopAfter?: number;
  readonly base?: 'any' | 'none';
}

/** The whole conversation, with its bytes counted, headers of HTTP left out. */
async function send({
  server,
  site,
  projectId = 'p1',
  stopAfter = Infinity,
  base = 'any',
  ...rest
}: Sending) {
  const planned = planUpload(entriesOf(site), { base });
  const plan = decodePlan(planned.body);
  const answer = await answerPlan(server, { projectId, plan });
  let bytes = planned.body.length + JSON.stringify(answer).length;
  let packs = 0;
  let blobs = 0;
  for await (const pack of packsFor({ planned, answer, read: readerOf(site), ...rest })) {
    if (packs >= stopAfter) break;
    packs += 1;
    bytes += pack.length;
    const upload = { projectId, root: planned.root };
    blobs += (await receivePack(server, { upload, body: chunksOf(pack) })).blobs;
  }
  return { root: planned.root, answer, bytes, packs, blobs, id: { projectId, root: planned.root } };
}

const page = (n: number, extra = '') =>
  `<!doctype html><title>Page ${n}</title><body>${extra}${`<p>Paragraph of page ${n} about ${sha(String(n))}</p>`.repeat(20)}`;
const siteOf = (count: number): Site =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`section-${n % 40}/page-${n}.html`, page(n)]));

test('a first deploy sends everything and can be completed', async () => {
  const server = await startServer();
  const site = { 'index.html': '<h1>hi</h1>', 'a/b.png': randomBytes(3_000), 'copy.html': '<h1>hi</h1>' };
  const sent = await send({ server, site });
  expect(sent).toMatchObject({ packs: 1, blobs: 2 });
  expect(await completeUpload(server, sent.id)).toEqual({
    root: sent.root,
    files: 3,
    bytes: 3_022,
    notes: [],
  });
  const stored = await server.artifacts.findByRoot(sent.id);
  expect(stored).toMatchObject({ complete: true });
  for (const file of stored?.files ?? []) {
    expect(await server.blobs.readAll(file.hash)).toEqual(Buffer.from(site[file.path as keyof typeof site]));
  }
});

test('the same upload again sends nothing', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: siteOf(50) })).id);
  const again = await send({ server, site: siteOf(50) });
  expect(again).toMatchObject({ packs: 0, blobs: 0, answer: { known: true, entries: [], blobs: [] } });
});

test('one changed file among 2,000 sends exactly one blob and one entry', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: siteOf(2_000) })).id);
  const site = { ...siteOf(2_000), 'section-3/page-43.html': page(43, '<p>edited</p>') };
  const sent = await send({ server, site });
  expect(sent).toMatchObject({ packs: 1, blobs: 1 });
  expect(sent.answer.entries).toHaveLength(1);
  expect(sent.answer.entries[0]?.[1]).toBe(1);
  expect((await completeUpload(server, sent.id)).files).toBe(2_000);
  expect(sent.bytes).toBeLessThan(20_000);
});

test('one edited page of 1,000 costs less than 15 kB both ways', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: siteOf(1_000) })).id);
  const sent = await send({ server, site: { ...siteOf(1_000), 'section-0/page-0.html': page(0, 'new') } });
  expect(sent.blobs).toBe(1);
  expect(sent.bytes).toBeLessThan(15_000);
  expect((await completeUpload(server, sent.id)).files).toBe(1_000);
});

test('removing a file sends no blob, and a moved file is found again', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: { 'a.html': 'A', 'b.html': 'B' } })).id);
  const removed = await send({ server, site: { 'a.html': 'A' } });
  expect(removed).toMatchObject({ packs: 1, blobs: 0 });
  expect(await completeUpload(server, removed.id)).toMatchObject({ files: 1 });
});

test('an upload that broke off goes on where it was', async () => {
  const server = await startServer();
  const site = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}.bin`, randomBytes(10_000)]));
  const broken = await send({ server, site, packBytes: 50_000, stopAfter: 2 });
  expect(broken).toMatchObject({ packs: 2, blobs: 10 });
  await expect(completeUpload(server, broken.id)).rejects.toMatchObject({ code: 'conflict' });
  const resumed = await send({ server, site, packBytes: 50_000 });
  expect(resumed).toMatchObject({ packs: 2, blobs: 10, answer: { known: true, entries: [] } });
  expect(await completeUpload(server, resumed.id)).toMatchObject({ files: 20 });
});

test('a pack cut off at any point stores nothing wrong, and a retry succeeds', async () => {
  const server = await startServer();
  const site = { 'index.html': page(1), 'x.png': randomBytes(2_000), 'y.css': 'a{}'.repeat(2_000) };
  const planned = planUpload(entriesOf(site));
  const upload = { projectId: 'p1', root: planned.root };
  const plan = decodePlan(planned.body);
  const pack = await firstPack(planned, await answerPlan(server, { projectId: 'p1', plan }), site);
  for (let cut = 0; cut < pack.length; cut += Math.ceil(pack.length / 10)) {
    const cutOff = receivePack(server, { upload, body: chunksOf(pack.subarray(0, cut), 700) });
    await expect(cutOff).rejects.toMatchObject({ code: 'unprocessable' });
    for await (const { hash } of server.blobs.list()) {
      expect(sha(await server.blobs.readAll(hash))).toBe(hash);
    }
  }
  await receivePack(server, { upload, body: chunksOf(pack) });
  await receivePack(server, { upload, body: chunksOf(pack) });
  expect(await completeUpload(server, upload)).toMatchObject({ files: 3 });
  expect(await readdir(join(server.dir, 'tmp'))).toEqual([]);
});

async function firstPack(
  planned: ReturnType<typeof planUpload>,
  answer: Awaited<ReturnType<typeof answerPlan>>,
  site: Site,
) {
  for await (const pack of packsFor({ planned, answer, read: readerOf(site) })) return pack;
  throw new Error('no pack');
}

test('a blob that was swept is asked for again', async () => {
  const server = await startServer();
  const site = { 'a.html': 'A', 'b.html': 'B' };
  await completeUpload(server, (await send({ server, site })).id);
  await server.blobs.delete([sha('A')], { unusedSince: new Date(Date.now() + 60_000) });
  const healed = await send({ server, site });
  expect(healed).toMatchObject({ packs: 1, blobs: 1, answer: { known: true, entries: [] } });
  expect(await completeUpload(server, healed.id)).toMatchObject({ files: 2 });
});

test('another project must send everything itself', async () => {
  const server = await startServer();
  const site = siteOf(20);
  await completeUpload(server, (await send({ server, site })).id);
  const other = await send({ server, site, projectId: 'p2' });
  expect(other).toMatchObject({ blobs: 20, answer: { known: false, base: null } });
});

/** A pack that names a file of another project without its content, or with something else in its place. */
const stolen = (text: Buffer | null): Forged => ({
  meta: { text: text === null ? [] : [[sha(HELLO), HELLO.length]] },
  text: text ?? Buffer.alloc(0),
});

test('who knows only the hash of a file of another project does not get it', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: { 'index.html': HELLO } })).id);
  const upload = { projectId: 'p2', root: helloRoot };
  await receivePack(server, { upload, body: chunksOf(forge(stolen(null))) });
  await expect(completeUpload(server, upload)).rejects.toMatchObject({ code: 'conflict' });
  const garbage = forge(stolen(Buffer.alloc(HELLO.length, 'x')));
  await expect(receivePack(server, { upload, body: chunksOf(garbage) })).rejects.toMatchObject({
    code: 'unprocessable',
  });
  await expect(completeUpload(server, upload)).rejects.toMatchObject({ code: 'conflict' });
  const planned = planUpload(entriesOf({ 'index.html': HELLO }));
  const answer = await answerPlan(server, { projectId: 'p2', plan: decodePlan(planned.body) });
  expect(answer).toMatchObject({ known: true, blobs: [[0, 1]] });
  await receivePack(server, { upload, body: chunksOf(forge({})) });
  expect(await completeUpload(server, upload)).toMatchObject({ files: 1 });
});

test('an upload that builds on an incomplete one misses what that one misses', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: { 'index.html': HELLO } })).id);
  const thief = { projectId: 'p2', root: helloRoot };
  await receivePack(server, { upload: thief, body: chunksOf(forge(stolen(null))) });
  const second = await send({
    server,
    site: { 'index.html': HELLO, 'a.html': 'A' },
    projectId: 'p2',
    stopAfter: 0,
  });
  expect(second.answer).toMatchObject({ base: helloRoot, kept: [[0, 1]], blobs: [[0, 2]] });
  const manifest = {
    base: helloRoot,
    kept: [[0, 1]] as [number, number][],
    entries: [['a.html', sha('A'), 1]] as [string, string, number][],
  };
  const forged = forge({
    meta: { root: second.root, manifest, text: [[sha('A'), 1]] },
    text: Buffer.from('A'),
  });
  await receivePack(server, { upload: second.id, body: chunksOf(forged) });
  await expect(completeUpload(server, second.id)).rejects.toMatchObject({ code: 'conflict' });
});

test('a file whose size is not that of its content is never whole', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: { 'index.html': HELLO } })).id);
  const entries = [helloEntry, ['zero.html', sha(HELLO), 0]] as [string, string, number][];
  const root = manifestRoot(entries.map(([path, hash, size]) => ({ path, hash, size })));
  const upload = { projectId: 'p1', root };
  const forged = forge({
    meta: { root, manifest: { base: null, kept: [], entries }, text: [] },
    text: Buffer.alloc(0),
  });
  await receivePack(server, { upload, body: chunksOf(forged) });
  await expect(completeUpload(server, upload)).rejects.toMatchObject({ code: 'conflict' });
});

test('packs of one upload that come in at once are all written down', async () => {
  const server = await startServer();
  const site = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`f${n}.bin`, randomBytes(100)]));
  const planned = planUpload(entriesOf(site));
  const answer = await answerPlan(server, { projectId: 'p1', plan: decodePlan(planned.body) });
  const upload = { projectId: 'p1', root: planned.root };
  const packs: Buffer[] = [];
  for await (const pack of packsFor({ planned, answer, read: readerOf(site), packBytes: 100 }))
    packs.push(pack);
  const [first = Buffer.alloc(0), ...others] = packs;
  await receivePack(server, { upload, body: chunksOf(first) });
  await Promise.all(others.map((pack) => receivePack(server, { upload, body: chunksOf(pack) })));
  expect(await completeUpload(server, upload)).toMatchObject({ files: 6 });
});

test('an upload without any file is refused', async () => {
  const server = await startServer();
  const root = manifestRoot([]);
  const upload = { projectId: 'p1', root };
  const forged = forge({
    meta: { root, manifest: { base: null, kept: [], entries: [] }, text: [] },
    text: Buffer.alloc(0),
  });
  await expect(receivePack(server, { upload, body: chunksOf(forged) })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringContaining('no files'),
  });
  expect(await server.artifacts.exists(upload)).toBe(false);
});

test('without a base every entry is sent', async () => {
  const server = await startServer();
  await completeUpload(server, (await send({ server, site: siteOf(20) })).id);
  const fresh = await send({ server, site: { ...siteOf(20), 'new.html': 'x' }, base: 'none' });
  expect(fresh).toMatchObject({ blobs: 21, answer: { base: null, entries: [[0, 21]] } });
});

test('a pack whose base is gone asks to start again', async () => {
  const server = await startServer();
  const first = await send({ server, site: siteOf(20) });
  const site = { ...siteOf(20), 'new.html': 'x' };
  const planned = planUpload(entriesOf(site));
  const answer = await answerPlan(server, { projectId: 'p1', plan: decodePlan(planned.body) });
  await server.artifacts.delete(first.id);
  const pack = await firstPack(planned, answer, site);
  const upload = { projectId: 'p1', root: planned.root };
  await expect(receivePack(server, { upload, body: chunksOf(pack) })).rejects.toMatchObject({
    code: 'unprocessable',
  });
});

interface Forged {
  readonly meta?: Partial<PackMeta>;
  readonly text?: Buffer;
  readonly raw?: Buffer;
  readonly textBytes?: number;
  readonly after?: Buffer;
  readonly compressed?: (plain: Buffer) => Buffer;
}

const HELLO = Buffer.from('hello hello hello');
const helloEntry: [string, string, number] = ['index.html', sha(HELLO), HELLO.length];
const helloRoot = manifestRoot([{ path: helloEntry[0], hash: helloEntry[1], size: helloEntry[2] }]);

function forge({ meta, text = HELLO, raw = Buffer.alloc(0), textBytes, after, compressed }: Forged): Buffer {
  const header = encodeMeta({
    root: helloRoot,
    manifest: { base: null, kept: [], entries: [helloEntry] },
    text: [[sha(HELLO), HELLO.length]],
    raw: [],
    ...meta,
  });
  const stream = (compressed ?? brotliCompressSync)(Buffer.concat([header, text]));
  const preface = encodePreface({
    metaBytes: header.length,
    textBytes: textBytes ?? text.length,
    compressedBytes: stream.length,
    rawBytes: raw.length,
  });
  return Buffer.concat([preface, stream, raw, after ?? Buffer.alloc(0)]);
}

const entry = (path: string): Forged => ({
  meta: { manifest: { base: null, kept: [], entries: [[path, sha(HELLO), HELLO.length]] } },
});

const refused: [string, Forged, string][] = [
  ['content that is not its hash', { text: Buffer.from('HELLO hello hello') }, 'unprocessable'],
  ['more text than declared', { textBytes: HELLO.length - 1 }, 'unprocessable'],
  ['less text than declared', { textBytes: HELLO.length + 1 }, 'unprocessable'],
  ['bytes after the end', { after: Buffer.from('x') }, 'unprocessable'],
  [
    'bytes after the brotli stream',
    { compressed: (b) => Buffer.concat([brotliCompressSync(b), HELLO]) },
    'unprocessable',
  ],
  ['no brotli at all', { compressed: (b) => b }, 'unprocessable'],
  ['a path out of the directory', entry('../x'), 'bad_request'],
  ['a hidden file that changes the root', entry('.env'), 'unprocessable'],
  ['another root', { meta: { root: sha('other') } }, 'unprocessable'],
  ['no manifest', { meta: { manifest: null } }, 'unprocessable'],
  [
    'a file the manifest does not have',
    { meta: { raw: [[sha('y'), 1]] }, raw: Buffer.from('y') },
    'unprocessable',
  ],
  [
    'a base that is not there',
    { meta: { manifest: { base: sha('b'), kept: [[0, 1]], entries: [] } } },
    'unprocessable',
  ],
  [
    'a bomb',
    { compressed: (b) => brotliCompressSync(Buffer.concat([b, Buffer.alloc(50_000_000)])) },
    'unprocessable',
  ],
];

test.each(refused)('a pack with %s is refused and completes nothing', async (_, forged, code) => {
  const server = await startServer();
  const upload = { projectId: 'p1', root: helloRoot };
  await expect(receivePack(server, { upload, body: chunksOf(forge(forged)) })).rejects.toMatchObject({
    code,
  });
  expect((await server.artifacts.findByRoot(upload))?.complete ?? false).toBe(false);
  await expectOnlyWholeFiles(server);
});

/** A refused pack may leave files that are what they are named after, for a sweep to take; never half of one. */
async function expectOnlyWholeFiles({ dir, blobs }: Server) {
  expect(filesIn(join(dir, 'tmp'))).toEqual([]);
  const kept: string[] = [];
  for await (const { hash } of blobs.list()) {
    kept.push(hash);
    expect(sha(await blobs.readAll(hash))).toBe(hash);
  }
  expect(filesIn(dir).sort()).toEqual(kept.sort());
}

test('an honest pack of the same making is taken', async () => {
  const server = await startServer();
  const upload = { projectId: 'p1', root: helloRoot };
  await receivePack(server, { upload, body: chunksOf(forge({})) });
  expect(await completeUpload(server, upload)).toMatchObject({ files: 1 });
});

test('completion reports lines of _headers and _redirects that were skipped, and a missing index.html', async () => {
  const server = await startServer();
  const site = {
    'a.html': 'a',
    _headers: '/*\n  Clear-Site-Data: "*"\n',
    _redirects: '/x https://evil.example/ 200\n',
  };
  const { notes } = await completeUpload(server, (await send({ server, site })).id);
  expect(notes).toEqual([
    expect.stringContaining('_headers line 2'),
    expect.stringContaining('_redirects line 1'),
    expect.stringContaining('no index.html'),
  ]);
});
