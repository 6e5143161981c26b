import { hash as hashOnce, randomBytes } from 'node:crypto';
import { brotliDecompressSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packsFor, planUpload } from '../../../src/uploads/client/packs.js';
import type { ArtifactFile } from '../../../src/uploads/manifest.js';
import { decodeMeta, decodePreface, PREFACE_BYTES } from '../../../src/uploads/pack.js';
import type { PlanAnswer } from '../../../src/contract/uploads.js';
import { decodePlan } from '../../../src/uploads/plan.js';

type Site = Record<string, Buffer>;
const sha = (content: Buffer) => hashOnce('sha256', content, 'hex');
const entriesOf = (site: Site): ArtifactFile[] =>
  Object.entries(site).map(([path, content]) => ({ path, hash: sha(content), size: content.length }));
const reader = (site: Site) =>
  async function* read({ path }: ArtifactFile) {
    yield site[path] ?? Buffer.alloc(0);
  };
const everything = (root: string, count: number): PlanAnswer => ({
  root,
  known: false,
  base: null,
  kept: [],
  entries: [[0, count]],
  blobs: [[0, count]],
});

function open(pack: Buffer) {
  const preface = decodePreface(pack.subarray(0, PREFACE_BYTES));
  const end = PREFACE_BYTES + preface.compressedBytes;
  const plain = brotliDecompressSync(pack.subarray(PREFACE_BYTES, end));
  const meta = decodeMeta(plain.subarray(0, preface.metaBytes), preface);
  const content = { text: plain.subarray(preface.metaBytes), raw: pack.subarray(end) };
  const blobs: [string, Buffer][] = [];
  for (const kind of ['text', 'raw'] as const) {
    let at = 0;
    for (const [hash, size] of meta[kind]) blobs.push([hash, content[kind].subarray(at, (at += size))]);
    expect(at).toBe(content[kind].length);
  }
  return { meta, blobs };
}

async function send(site: Site, packBytes = 1_000) {
  const planned = planUpload(entriesOf(site));
  const answer = everything(planned.root, planned.files.length);
  const packs: Buffer[] = [];
  for await (const pack of packsFor({ planned, answer, read: reader(site), packBytes })) packs.push(pack);
  return { planned, packs: packs.map(open), sizes: packs.map((pack) => pack.length) };
}

test('whatever the files are, the packs together hold each content once, and the first one the manifest', async () => {
  const name = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.constantFrom('.html', '.png', '.js'));
  const sites = fc.dictionary(
    name.map((parts) => parts.join('')),
    fc.uint8Array({ maxLength: 600 }),
    { minKeys: 1, maxKeys: 20 },
  );
  await fc.assert(
    fc.asyncProperty(sites, async (given) => {
      const site = Object.fromEntries(
        Object.entries(given).map(([path, bytes]) => [path, Buffer.from(bytes)]),
      );
      const { packs } = await send(site);
      const blobs = packs.flatMap((pack) => pack.blobs);
      for (const [hash, content] of blobs) expect(sha(content)).toBe(hash);
      expect(blobs.map(([hash]) => hash).sort()).toEqual([...new Set(Object.values(site).map(sha))].sort());
      const [first, ...rest] = packs;
      expect(first?.meta.manifest?.entries.map(([path]) => path).sort()).toEqual(Object.keys(site).sort());
      for (const pack of rest) expect(pack.meta.manifest).toBeNull();
      for (const pack of packs)
        expect(pack.blobs.length === 1 || pack.blobs.reduce((n, [, b]) => n + b.length, 0) <= 1_000).toBe(
          true,
        );
    }),
    { numRuns: 50 },
  );
});

test('pages that resemble each other cost little more than one of them', async () => {
  const text = randomBytes(4_000).toString('base64');
  const site = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`p${n}.html`, Buffer.from(`${text}<p>${n}`)]),
  );
  const { sizes } = await send(site, 1_000_000);
  expect(sizes).toHaveLength(1);
  expect(sizes[0]).toBeLessThan(12_000);
});

test('hidden files are left out of the plan, whoever named them', () => {
  const planned = planUpload(entriesOf({ '.env': Buffer.from('SECRET=1'), 'index.html': Buffer.from('x') }));
  expect(planned.files.map(({ path }) => path)).toEqual(['index.html']);
  expect(decodePlan(planned.body)).toMatchObject({ root: planned.root, bytes: 1, base: 'any' });
});

test('a directory without a file to publish is refused before anything is sent', () => {
  expect(() => planUpload([])).toThrow('check the output directory');
  expect(() => planUpload(entriesOf({ '.env': Buffer.from('x') }))).toThrow('check the output directory');
});

test.each([
  ['shorter', 'x'],
  ['longer', 'xxxxxxxxx'],
])('a file that became %s while it was sent stops the upload', async (_, now) => {
  for (const path of ['a.html', 'a.png']) {
    const planned = planUpload(entriesOf({ [path]: Buffer.from('xxxxx') }));
    const packs = packsFor({
      planned,
      answer: everything(planned.root, 1),
      read: reader({ [path]: Buffer.from(now) }),
    });
    await expect(packs.next()).rejects.toMatchObject({ code: 'conflict' });
  }
});

const misfits: [string, Partial<PlanAnswer>][] = [
  ['another upload', { root: 'ab'.repeat(32) }],
  ['files that are not there', { blobs: [[0, 2]] }],
  ['entries that are not there', { entries: [[5, 1]] }],
];
test.each(misfits)('an answer for %s is not followed', async (_, over) => {
  const site = { 'a.html': Buffer.from('x') };
  const planned = planUpload(entriesOf(site));
  const answer = { ...everything(planned.root, 1), ...over };
  await expect(packsFor({ planned, answer, read: reader(site) }).next()).rejects.toMatchObject({
    code: 'bad_gateway',
  });
});
