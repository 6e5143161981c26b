import { expect } from '@jest/globals';
import type { BlobContent, BlobStore } from '../../../src/uploads/store.js';
import { startCountingProxy } from '../../support/counting-proxy.js';
import { runPreview } from '../../support/run-preview.js';
import { REPOSITORY, startWorld } from '../../support/start-world.js';

const page = (index: number, word: string) =>
  `<!doctype html><title>${index}</title>${Array.from({ length: 40 }, (_, line) => `<p>${word} ${index * 7919 + line}</p>`).join('')}`;

const siteOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count - 1 }, (_, index) => [
      `docs/${index % 40}/page-${index}.html`,
      page(index, 'line'),
    ]),
  );

/** One of so many files is changed: that file and the difference of the list must cross the wire, and little else. */
export async function playOneChange(count: number): Promise<void> {
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
    files: { ...siteOf(count), 'index.html': page(0, 'home') },
    overrides: { around: { blobs: counting } },
  });
  proxy.leadTo(world.app.port);
  const { number } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'big', files: {} }))
    .pullRequest;
  await world.drain();
  const first = await runPreview(world, { number });
  expect(first.exitCode).toBe(0);
  expect(written.length).toBeGreaterThanOrEqual(count);

  written.length = 0;
  await world.github.push({
    repository: REPOSITORY,
    branch: 'big',
    files: { 'docs/7/page-7.html': page(7, 'changed') },
  });
  await world.drain();
  proxy.forget();
  const second = await runPreview(world, { number });
  expect(second.exitCode).toBe(0);
  expect(written).toHaveLength(1);
  // Identity, start, stages, logs, one page, and the list with a key of eight bytes for each file: all of it together.
  expect(proxy.bytes()).toBeLessThan(40_000 + 10 * count);
  expect(second.log).toMatch(/1 (of|file)/);
}
