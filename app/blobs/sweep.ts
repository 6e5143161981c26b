import { rmSync, statSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHash } from '../../src/shared/hash.js';
import type { BlobStat, SweepResult } from '../../src/uploads/store.js';
import { TEMPORARY } from './atomic-writer.js';
import { ENCODED_SUFFIXES } from './encoder.js';

const HOUR_MS = 3_600_000;

interface Sweep {
  readonly dir: string;
  readonly now: Date;
  readonly referenced: ReadonlySet<string>;
  readonly olderThan: Date;
}

export async function* listBlobs(dir: string): AsyncGenerator<BlobStat> {
  for (const folder of await names(dir)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const hash of (await names(join(dir, folder))).filter(isHash)) {
      const stats = await stat(join(dir, folder, hash)).catch(() => null);
      if (stats !== null) yield { hash, size: stats.size, usedAt: stats.mtime };
    }
  }
}

/**
 * Removes unreferenced blobs with their compressed forms, compressed forms whose blob is gone, and what crashed writers left behind more
 * than an hour ago.
 */
export async function sweepBlobs(sweep: Sweep): Promise<SweepResult> {
  await sweepTemporary(join(sweep.dir, TEMPORARY), sweep.now);
  await sweepForms(sweep.dir);
  let removed = 0;
  let bytes = 0;
  for await (const blob of listBlobs(sweep.dir)) {
    if (sweep.referenced.has(blob.hash) || blob.usedAt >= sweep.olderThan) continue;
    if (!(await removeUnused(join(sweep.dir, blob.hash.slice(0, 2), blob.hash), sweep.olderThan))) continue;
    removed += 1;
    bytes += blob.size;
  }
  return { removed, bytes };
}

/** Looks and removes in one go: an upload may have asked for the blob since it was listed. */
export async function removeUnused(path: string, olderThan: Date): Promise<boolean> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.mtime >= olderThan) return false;
  rmSync(path, { force: true });
  await Promise.all(ENCODED_SUFFIXES.map((suffix) => rm(path + suffix, { force: true })));
  return true;
}

async function sweepForms(dir: string): Promise<void> {
  for (const folder of await names(dir)) {
    const all = new Set(await names(join(dir, folder)));
    const orphans = [...all].filter((name) => isForm(name) && !all.has(name.replace(/\..*$/, '')));
    for (const name of orphans) await rm(join(dir, folder, name), { force: true });
  }
}

function isForm(name: string): boolean {
  return ENCODED_SUFFIXES.some((suffix) => name.endsWith(suffix) && isHash(name.slice(0, -suffix.length)));
}

async function sweepTemporary(dir: string, now: Date): Promise<void> {
  for (const name of await names(dir)) {
    const path = join(dir, name);
    const stats = await stat(path).catch(() => null);
    if (stats !== null && now.getTime() - stats.mtimeMs > HOUR_MS) await rm(path, { force: true });
  }
}

async function names(dir: string): Promise<string[]> {
  return readdir(dir).catch(() => []);
}
