import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createDiskBlobStore } from '../../app/blobs/disk-store.js';
import type { Ports } from '../../app/ports.js';
import { forgetArtifact, sweepFiles } from '../../src/uploads/forget.js';
import type { ArtifactStore } from '../../src/uploads/store.js';
import { blobOf } from '../contracts/blobs-contract.js';
import { createMemoryArtifactStore } from '../support/memory-artifact-store.js';

const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));

const HOUR = 60 * 60_000;
const page = blobOf('a page of two uploads');
const files = [{ path: 'index.html', hash: page.hash, size: page.size }];
const idOf = (digit: number) => ({ projectId: 'p1', root: String(digit).repeat(64) });

/** An upload from three hours ago. */
async function setUp() {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-forget-'));
  dirs.push(dir);
  const past = new Date(Date.now() - 3 * HOUR);
  let now = past;
  const blobs = createDiskBlobStore({ dir });
  const artifacts = createMemoryArtifactStore(() => now);
  await blobs.write(page);
  await artifacts.save({ ...idOf(1), files, complete: true });
  await utimes(join(dir, page.hash.slice(0, 2), page.hash), past, past);
  now = new Date();
  const environments = { namesArtifact: async () => false };
  const otherBlobs = { hashes: async function* () {}, named: async () => new Set<string>() };
  const ports = {
    blobs,
    artifacts,
    otherBlobs,
    environments,
    clock: { now: () => new Date() },
  } as unknown as Ports;
  return { ports, blobs, artifacts };
}

test('an upload that nobody names is forgotten with its files', async () => {
  const { ports, blobs, artifacts } = await setUp();
  await forgetArtifact(ports, idOf(1));
  expect(await artifacts.exists(idOf(1))).toBe(false);
  expect(await blobs.size(page.hash)).toBeNull();
});

test('a file that another upload relies on while it is being forgotten stays', async () => {
  const { ports, blobs, artifacts } = await setUp();
  const unnamed: ArtifactStore['unnamed'] = async (hashes) => {
    const found = await artifacts.unnamed(hashes);
    await artifacts.save({ ...idOf(2), files, complete: false });
    expect((await blobs.has(files)).size).toBe(1);
    return found;
  };
  await forgetArtifact({ ...ports, artifacts: { ...artifacts, unnamed } }, idOf(1));
  expect(await blobs.size(page.hash)).toBe(page.size);
});

const removals: [string, (ports: Ports) => Promise<unknown>][] = [
  ['forgotten', (ports) => forgetArtifact(ports, idOf(1))],
  ['swept', (ports) => sweepFiles(ports)],
];
test.each(removals)('an upload that comes in again while it is being %s stays whole', async (_, remove) => {
  const { ports, blobs, artifacts } = await setUp();
  const namesArtifact = async () => {
    await artifacts.save({ ...idOf(1), files, complete: true });
    return false;
  };
  await remove({ ...ports, environments: { ...ports.environments, namesArtifact } });
  expect(await artifacts.exists(idOf(1))).toBe(true);
  expect(await blobs.size(page.hash)).toBe(page.size);
});
