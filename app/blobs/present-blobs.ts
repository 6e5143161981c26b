import { statSync, utimesSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';

export interface WantedBlob {
  readonly hash: string;
  readonly size: number;
  readonly path: string;
}

const BATCH = 256;

/**
 * Which blobs are there, with the size they should have. Those get a fresh date, each time: whoever removes unused files meanwhile then
 * spares them. Synchronous calls in small batches: an upload asks for thousands at once, and through the thread pool each would cost ten
 * times as much.
 */
export async function presentBlobs(blobs: readonly WantedBlob[], now: Date): Promise<ReadonlySet<string>> {
  const present = new Set<string>();
  const absent = new Set<string>();
  for (const [index, blob] of blobs.entries()) {
    if (index % BATCH === BATCH - 1) await breathe();
    (isPresent(blob, now) ? present : absent).add(blob.hash);
  }
  for (const hash of absent) present.delete(hash);
  return present;
}

function isPresent({ path, size }: WantedBlob, now: Date): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.size !== size) return false;
  try {
    utimesSync(path, now, now);
    return true;
  } catch {
    return false;
  }
}
