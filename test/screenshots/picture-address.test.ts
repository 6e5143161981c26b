import { expect, test } from '@jest/globals';
import { PICTURE_FILES } from '../../src/contract/screenshots.js';
import { createPictureAddresses, pictureOf } from '../../src/screenshots/picture-address.js';
import type { Screenshot } from '../../src/screenshots/screenshot.js';
import { createKey, parseKeys } from '../../src/secrets/keys.js';

const [OLD, NEW] = [createKey('old'), createKey('new')];
const of = (keys: string) =>
  createPictureAddresses({ keys: parseKeys(keys), publicUrl: 'https://vitrine.example.com' });
const id = '65f1c0de9a3b4c5d6e7f8091';
const name = { id, file: 'page.png' } as const;
const signatureIn = (url: string) => new URL(url).searchParams.get('signature') ?? '';

test('an address is signed for one picture: no other picture opens with it, and nobody makes one up', () => {
  const addresses = of(OLD);
  const url = addresses.urlOf(name);
  expect(url).toMatch(
    /^https:\/\/vitrine\.example\.com\/images\/screenshots\/65f1c0de9a3b4c5d6e7f8091\/page\.png\?signature=[\w-]{43}$/,
  );
  expect(addresses.pathOf(name)).toBe(url.slice('https://vitrine.example.com'.length));
  const signature = signatureIn(url);
  expect(addresses.isSigned(name, signature)).toBe(true);
  for (const file of PICTURE_FILES.filter((one) => one !== 'page.png'))
    expect(addresses.isSigned({ id, file }, signature)).toBe(false);
  expect(addresses.isSigned({ ...name, id: '0'.repeat(24) }, signature)).toBe(false);
  for (const wrong of ['', 'x', signature.slice(0, -1), `${signature}AA`, signature.toLowerCase()])
    expect(addresses.isSigned(name, wrong)).toBe(false);
});

test('the address of a picture is always the same, and holds until its key is taken away', () => {
  const before = of(OLD).urlOf(name);
  expect(of(OLD).urlOf(name)).toBe(before);
  const rotated = of(`${NEW},${OLD}`);
  expect(rotated.isSigned(name, signatureIn(before))).toBe(true);
  expect(rotated.urlOf(name)).not.toBe(before);
  expect(of(NEW).isSigned(name, signatureIn(rotated.urlOf(name)))).toBe(true);
  expect(of(NEW).isSigned(name, signatureIn(before))).toBe(false);
});

test('a name leads to its picture, or to none', () => {
  const picture = (hash: string) => ({ hash, size: 1 });
  const view = (of: string) => ({ page: picture(`${of} page`), thumbnail: picture(`${of} thumbnail`) });
  const at = new Date(0);
  const screenshot: Screenshot = {
    ...{ id, projectId: 'p', environmentId: 'e', deploymentId: 'd', generation: 1, sha: 's', reason: null },
    taken: { ...view('now'), at, width: 1, height: 1 },
    comparison: {
      ...{ deploymentId: 'c', sha: 'r', changedShare: 0.5 },
      before: view('before'),
      difference: picture('difference'),
    },
    recordedAt: at,
  };
  const hashes = (of: Screenshot) => PICTURE_FILES.map((file) => pictureOf(of, file)?.hash ?? null);
  expect(hashes(screenshot)).toEqual([
    ...['now page', 'now thumbnail', 'before page', 'before thumbnail', 'difference'],
  ]);
  expect(hashes({ ...screenshot, taken: null, comparison: null })).toEqual([null, null, null, null, null]);
});
