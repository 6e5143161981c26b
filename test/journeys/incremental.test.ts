import { expect, test } from '@jest/globals';
import type { BlobContent, BlobStore } from '../../src/uploads/store.js';
import { startCountingProxy } from '../support/counting-proxy.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

const page = (index: number, word: string) =>
  `<!doctype html><title>${index}</title>${Array.from({ length: 40 }, (_, line) => `<p>${word} ${index * 7919 + line}</p>`).join('')}`;

const SITE = Object.fromEntries(
  Array.from({ length: 1_999 }, (_, index) => [`docs/${index % 40}/page-${index}.html`, page(index, 'line')]),
);

test('of 2,000 files with one changed, one file and the difference of the list cross the wire', async () => {
  const written: BlobContent[] = [];
  const counting = (blobs: BlobStore): BlobStore => ({
    ...blobs,
    write: (blob) => {
      written.push(blob);
      return blobs.write(blob);
    },
  });
  await using proxy = await startCountingProxy();
  await using world = await startWorld({
    publicUrl: proxy.url,
    files: { ...SITE, 'index.html': page(0, 'home') },
    overrides: { around: { blobs: counting } },
  });
  proxy.leadTo(world.app.port);
  const { number } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'big', files: {} }))
    .pullRequest;
  await world.settle();
  const first = await runPreview(world, { number });
  expect(first.exitCode).toBe(0);
  expect(written.length).toBeGreaterThanOrEqual(2_000);

  written.length = 0;
  await world.github.push({
    repository: REPOSITORY,
    branch: 'big',
    files: { 'docs/7/page-7.html': page(7, 'changed') },
  });
  await world.settle();
  proxy.forget();
  const second = await runPreview(world, { number });
  expect(second.exitCode).toBe(0);
  expect(written).toHaveLength(1);
  // Identity, start, stages, logs, the key list of 2,000 files and one page: all of it together.
  expect(proxy.bytes()).toBeLessThan(60_000);
  expect(second.log).toMatch(/1 (of|file)/);
});
