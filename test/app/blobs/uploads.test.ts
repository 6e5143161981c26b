import { hash as hashOnce } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { createDiskBlobStore } from '../../../app/blobs/disk-store.js';
import { createUploads } from '../../../app/blobs/uploads.js';
import { packsFor, planUpload } from '../../../src/uploads/client/packs.js';
import { ARTIFACT_LIMITS } from '../../../src/uploads/limits.js';
import { PlanAnswer } from '../../../src/contract/uploads.js';
import type { ArtifactStore, BlobStore, UploadState } from '../../../src/uploads/store.js';
import { createMemoryArtifactStore } from '../../support/memory-artifact-store.js';

const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true }))));
/** `onWrite` happens after each file that is stored. */
async function setUp(onWrite: (artifacts: ArtifactStore) => Promise<void> = () => Promise.resolve()) {
  const dir = await mkdtemp(join(tmpdir(), 'vitrine-uploads-'));
  dirs.push(dir);
  const blobs = createDiskBlobStore({ dir });
  const artifacts = createMemoryArtifactStore();
  const write: BlobStore['write'] = async (blob) => {
    await blobs.write(blob);
    await onWrite(artifacts);
  };
  const uploads = createUploads({
    blobs: { ...blobs, write },
    artifacts,
    otherBlobs: { hashes: async function* () {}, named: () => Promise.resolve(new Set()) },
    // What was written in this very millisecond would be left to the sweep.
    clock: { now: () => new Date(Date.now() + 1_000) },
  });
  const owner = { deploymentId: 'd1', projectId: 'p1', limits: ARTIFACT_LIMITS };

  /** `as` names another root than that of the site. */
  const deploy = async (site: Record<string, string>, as?: string) => {
    const planned = planUpload(filesOf(site));
    const { answer, ...state } = await uploads.plan(owner, planned.body);
    const states: UploadState[] = [state];
    const read = async function* ({ path }: { path: string }) {
      yield Buffer.from(site[path] ?? '');
    };
    const input = {
      planned,
      answer: PlanAnswer().parse(JSON.parse(JSON.stringify(answer))),
      read,
      packBytes: 4,
    };
    for await (const pack of packsFor(input)) {
      const body = (async function* () {
        yield pack;
      })();
      states.push(await uploads.pack({ ...owner, root: as ?? planned.root }, body));
    }
    return { root: planned.root, states };
  };
  const blobCount = async () => {
    let count = 0;
    for await (const blob of blobs.list()) count += blob.size > 0 ? 1 : 0;
    return count;
  };
  return { blobs, artifacts, deploy, blobCount };
}

test('an upload is complete with its last pack, and at once when everything is there', async () => {
  const { deploy } = await setUp();
  const site = { 'index.html': 'aaaa', 'b.html': 'bbbb', 'c.html': 'cccc' };
  const { root, states } = await deploy(site);
  expect(states.map(({ completeRoot }) => completeRoot)).toEqual([null, null, null, root]);
  const again = await deploy(site);
  expect(again.states).toEqual([{ root, completeRoot: root, notes: [] }]);
});

test('a pack for another build than the planned one is refused, and nothing of it stays', async () => {
  const { deploy, blobCount, artifacts } = await setUp();
  const site = { 'index.html': 'aaaa', 'b.html': 'bbbb' };
  await expect(deploy(site, 'ab'.repeat(32))).rejects.toMatchObject({ code: 'unprocessable' });
  expect(await blobCount()).toBe(0);
  expect(await artifacts.exists({ projectId: 'p1', root: planUpload(filesOf(site)).root })).toBe(false);
});

test('removing a file is one pack without files', async () => {
  const { deploy } = await setUp();
  await deploy({ 'index.html': 'aaaa', 'b.html': 'bbbb' });
  const { root, states } = await deploy({ 'index.html': 'aaaa' });
  expect(states.map(({ completeRoot }) => completeRoot)).toEqual([null, root]);
});

test('the files of an upload that is forgotten meanwhile go with it, unless another names them', async () => {
  const doomed = { 'index.html': 'aaaa', 'new.html': 'cccc' };
  const id = { projectId: 'p1', root: planUpload(filesOf(doomed)).root };
  const { deploy, blobCount, artifacts } = await setUp(async (store) => void (await store.delete(id)));
  const kept = { 'index.html': 'aaaa', 'b.html': 'bbbb' };
  await deploy(kept);
  await expect(deploy(doomed)).rejects.toMatchObject({ code: 'not_found' });
  expect(await artifacts.exists(id)).toBe(false);
  expect(await blobCount()).toBe(2);
});

function filesOf(site: Record<string, string>) {
  return Object.entries(site).map(([path, content]) => {
    return { path, hash: hashOnce('sha256', content, 'hex'), size: Buffer.byteLength(content) };
  });
}
