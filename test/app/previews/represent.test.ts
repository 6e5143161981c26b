import { expect, test } from '@jest/globals';
import {
  type Encoding,
  type ReadyForms,
  represent,
  representNow,
  weighForms,
} from '../../../app/previews/represent.js';
import type { FileRoute, Site } from '../../../app/previews/site.js';
import { createWeightedCache } from '../../../app/previews/weighted-cache.js';
import { parseHeaderRules } from '../../../src/sites/headers.js';
import type { BlobStore } from '../../../src/uploads/store.js';

const CAPACITY = 100_000;
const long = Array.from({ length: 4 }, (_, index) => `  X-${index}: ${'x'.repeat(1_900)}`).join('\n');
const site = { headerRules: parseHeaderRules(`/*\n${long}`).rules } as unknown as Site;
const encodings: readonly Encoding[] = ['br', 'identity'];
const routeOf = (index: number): FileRoute => {
  const path = `/${index}.html`;
  return { kind: 'file', path, file: { path, hash: String(index).padStart(64, '0'), size: 9 } };
};

function setUp() {
  return {
    blobs: { encoded: async () => Buffer.from('smaller') } as Partial<BlobStore> as BlobStore,
    bodies: createWeightedCache<Buffer>({ capacity: CAPACITY, weigh: (body) => body.length }),
    readies: createWeightedCache<ReadyForms, FileRoute>({ capacity: CAPACITY, weigh: weighForms }),
  };
}

test('what a file looks like is worked out once, in every form that was asked for', async () => {
  const ports = setUp();
  const wanted = { site, route: routeOf(1), encodings };
  expect(representNow(ports, wanted)).toBeUndefined();
  const made = await represent(ports, wanted);
  expect(made.encoding).toBe('br');
  expect(representNow(ports, wanted)).toBe(made);
  expect(representNow(ports, { ...wanted, encodings: ['identity'] })?.length).toBe(9);
  const [zipped] = await Promise.all([
    represent(ports, { ...wanted, encodings: ['gzip', 'identity'] }),
    represent(ports, wanted),
  ]);
  expect(zipped.encoding).toBe('gzip');
  expect(representNow(ports, { ...wanted, encodings: ['gzip', 'br', 'identity'] })).toBe(zipped);
});

test('long headers of many files do not fill the memory', async () => {
  const ports = setUp();
  for (let index = 0; index < 200; index += 1) {
    await represent(ports, { site, route: routeOf(index), encodings });
    expect(ports.readies.weight).toBeLessThanOrEqual(CAPACITY);
  }
  expect(ports.readies.weight).toBeGreaterThan(CAPACITY / 2);
});
