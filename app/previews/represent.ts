import { isCompressible } from '../../src/domain/media-types.js';
import type { BlobStore } from '../../src/ports-artifacts.js';
import type { Encoding } from './accepted-encodings.js';
import { makeReady } from './make-ready.js';
import type { ReadyResponse } from './ready-response.js';
import type { FileRoute } from './site-routes.js';
import type { Site } from './site.js';
import type { WeightedCache } from './weighted-cache.js';

export interface RepresentPorts {
  readonly blobs: BlobStore;
  readonly bodies: WeightedCache<Buffer>;
}

export interface Wanted {
  readonly site: Site;
  readonly route: FileRoute;
  readonly encodings: readonly Encoding[];
}

/** The best form of a file that the client takes and that exists, when it is known without waiting. */
export function representNow({ route, encodings }: Wanted): ReadyResponse | undefined {
  for (const encoding of encodings) {
    const ready = route.ready.get(encoding);
    if (ready === undefined) return undefined;
    if (ready !== null) return ready;
  }
  return undefined;
}

/** The same, finding out which compressed forms exist; the first visitor waits for them to be made. */
export async function represent({ blobs, bodies }: RepresentPorts, wanted: Wanted): Promise<ReadyResponse> {
  const { site, route } = wanted;
  const { file } = route;
  for (const encoding of wanted.encodings) {
    if (encoding === 'identity' || route.ready.get(encoding) !== undefined) continue;
    const bytes = isCompressible(file.path) ? await blobs.encoded(file.hash, encoding) : null;
    const ready = bytes && makeReady(site, route, { encoding, length: bytes.length });
    if (bytes !== null && ready !== null) bodies.set(ready.bodyKey, bytes);
    route.ready.set(encoding, ready);
  }
  const plain = makeReady(site, route, { encoding: 'identity', length: file.size });
  route.ready.set('identity', plain);
  return representNow(wanted) ?? plain;
}
