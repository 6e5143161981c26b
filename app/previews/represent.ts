import { isCompressible } from '../../src/sites/media-types.js';
import type { BlobStore } from '../../src/uploads/store.js';
import type { Encoding } from './accepted-encodings.js';
import { makeReady } from './make-ready.js';
import type { ReadyForms, ReadyResponse } from './ready-response.js';
import type { FileRoute } from './site-routes.js';
import type { Site } from './site.js';
import type { WeightedCache } from './weighted-cache.js';

export interface RepresentPorts {
  readonly blobs: BlobStore;
  readonly bodies: WeightedCache<Buffer>;
  /** Heads of answers, worked out at the first visit. */
  readonly readies: WeightedCache<ReadyForms, FileRoute>;
}

export interface Wanted {
  readonly site: Site;
  readonly route: FileRoute;
  readonly encodings: readonly Encoding[];
}

/** The best form of a file that the client takes and that exists, when it is known without waiting. */
export function representNow(
  { readies }: Pick<RepresentPorts, 'readies'>,
  { route, encodings }: Wanted,
): ReadyResponse | undefined {
  const forms = readies.get(route);
  return forms && bestOf(forms, encodings);
}

function bestOf(forms: ReadyForms, encodings: readonly Encoding[]): ReadyResponse | undefined {
  for (const encoding of encodings) {
    const ready = forms.get(encoding);
    if (ready === undefined) return undefined;
    if (ready !== null) return ready;
  }
  return undefined;
}

/** The same, finding out which compressed forms exist; the first visitor waits for them to be made. */
export async function represent(
  { blobs, bodies, readies }: RepresentPorts,
  { site, route, encodings }: Wanted,
): Promise<ReadyResponse> {
  const { file } = route;
  const made = new Map<Encoding, ReadyResponse | null>();
  for (const encoding of encodings) {
    if (encoding === 'identity' || readies.get(route)?.get(encoding) !== undefined) continue;
    const bytes = isCompressible(file.path) ? await blobs.encoded(file.hash, encoding) : null;
    const ready = bytes && makeReady(site, route, { encoding, length: bytes.length });
    if (bytes !== null && ready !== null) bodies.set(ready.bodyKey, bytes);
    made.set(encoding, ready);
  }
  const plain = makeReady(site, route, { encoding: 'identity', length: file.size });
  made.set('identity', plain);
  // Another visitor may have asked for another form meanwhile.
  const forms = new Map([...(readies.get(route) ?? []), ...made]);
  readies.set(route, forms);
  return bestOf(forms, encodings) ?? plain;
}
