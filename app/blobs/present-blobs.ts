import { statSync, utimesSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

/** Asked for again within this time, the date is left alone: it only has to be fresher than the sweep's. */
const FRESH_MS = 10 * 60_000;
const BATCH = 256;

/**
 * Which blobs are there; those get a fresh date, so that a sweep spares them. Synchronous calls in small batches: an upload asks for
 * thousands at once, and through the thread pool each would cost ten times as much.
 */
export async function presentBlobs(
  blobs: readonly { readonly hash: string; readonly path: string }[],
  now: Date,
): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  for (const [index, { hash, path }] of blobs.entries()) {
    if (index % BATCH === BATCH - 1) await breathe();
    if (isPresent(path, now)) present.add(hash);
  }
  return present;
}

function isPresent(path: string, now: Date): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (now.getTime() - stats.mtimeMs < FRESH_MS) return true;
  try {
    utimesSync(path, now, now);
    return true;
  } catch {
    return false;
  }
}
