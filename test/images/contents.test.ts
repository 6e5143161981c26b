import { expect, test } from '@jest/globals';
import { contentsOf } from '../../src/images/push.js';
import type { ImagePorts, StoredManifest } from '../../src/images/store.js';

const digest = (name: string) => `sha256:${name.repeat(64).slice(0, 64)}`;

function manifest(name: string, parts: Partial<StoredManifest>): StoredManifest {
  const facts = { artifactType: null, blobs: [], manifests: [], subject: null, annotations: {} };
  const place = { repository: 'pr-1-site', environmentId: 'e', projectId: 'p', pushedAt: new Date(0) };
  return { mediaType: 'index', ...facts, ...place, digest: digest(name), size: 1, ...parts };
}

const descriptor = (name: string) => ({ digest: digest(name), size: 1, mediaType: 'any' });

/** A store that counts how often it is read. */
function storeOf(manifests: readonly StoredManifest[]) {
  const reads = { count: 0 };
  const images = {
    async manifest(_repository: string, wanted: string) {
      reads.count += 1;
      return manifests.find((one) => one.digest === wanted) ?? null;
    },
  } as Partial<ImagePorts['images']> as ImagePorts['images'];
  return { images, reads };
}

test('an image of several platforms consists of its manifests and of all their layers', async () => {
  const one = manifest('1', { blobs: [descriptor('a'), descriptor('b')] });
  const two = manifest('2', { blobs: [descriptor('a'), descriptor('c')] });
  const index = manifest('3', { manifests: [descriptor('1'), descriptor('2'), descriptor('4')] });
  const contents = await contentsOf(storeOf([one, two]), index);
  expect([...contents].toSorted()).toEqual(['1', '2', '3', '4', 'a', 'b', 'c'].map(digest).toSorted());
});

test('indexes that name each other a thousand times are read once each', async () => {
  const depth = 9;
  const levels = Array.from({ length: depth }, (_, level) => {
    const below = level === 0 ? [] : Array(1_000).fill(descriptor(String(level - 1)));
    return manifest(String(level), { manifests: below });
  });
  const { images, reads } = storeOf(levels);
  const contents = await contentsOf({ images }, manifest('9', { manifests: [descriptor('8')] }));
  expect([contents.size, reads.count]).toEqual([depth + 1, depth]);
});
