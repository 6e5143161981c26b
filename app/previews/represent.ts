import { hash as hashOnce } from 'node:crypto';
import { headersFor } from '../../src/sites/headers.js';
import { isCompressible, mediaType } from '../../src/sites/media-types.js';
import type { BlobEncoding, BlobStore } from '../../src/uploads/store.js';
import type { FileRoute, Site } from './site.js';
import type { WeightedCache } from './weighted-cache.js';

export interface RepresentPorts {
  readonly blobs: BlobStore;
  readonly bodies: WeightedCache<Buffer>;
  /** Response headers, computed at the first visit. */
  readonly readies: WeightedCache<ReadyForms, FileRoute>;
}

interface RepresentInput {
  readonly site: Site;
  readonly route: FileRoute;
  readonly encodings: readonly Encoding[];
}

/** The best form of a file that the client accepts; undefined while a better form may have to be made first. */
export function representNow(
  { readies }: Pick<RepresentPorts, 'readies'>,
  { route, encodings }: RepresentInput,
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

/** The same, after making the compressed forms that are missing: the first visitor waits for them. */
export async function represent(
  { blobs, bodies, readies }: RepresentPorts,
  { site, route, encodings }: RepresentInput,
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
  // Another request may have stored other forms in the meantime.
  const forms = new Map([...(readies.get(route) ?? []), ...made]);
  readies.set(route, forms);
  return bestOf(forms, encodings) ?? plain;
}

/**
 * The content of every host can change, that of a commit when it is built again, and a shared cache cannot know who may see a preview.
 * So browsers keep a file and revalidate it with every request.
 */
const REVALIDATE = 'private, max-age=0, must-revalidate';

interface Representation {
  readonly encoding: Encoding;
  readonly length: number;
}

function makeReady(
  site: Pick<Site, 'headerRules'>,
  route: FileRoute,
  { encoding, length }: Representation,
): ReadyResponse {
  const { hash, path } = route.file;
  const suffix = encoding === 'identity' ? '' : `-${encoding}`;
  const custom = headersFor(site.headerRules, route.path);
  const etag = `"${hash.slice(0, 32)}${headerTag(custom)}${suffix}"`;
  const has = (name: string) => custom.some(([set]) => set === name);
  const others = custom.filter(([name]) => name !== 'cache-control').flat();
  const vary = isCompressible(path) ? ['vary', 'accept-encoding'] : [];
  const cache = custom.find(([name]) => name === 'cache-control') ?? ['cache-control', REVALIDATE];
  const common = [
    ...(has('content-type') ? [] : ['content-type', mediaType(path)]),
    ...(encoding === 'identity' ? [] : ['content-encoding', encoding]),
    ...vary,
    ...ALWAYS,
    ...others,
  ];
  const ranges = encoding === 'identity' ? ['accept-ranges', 'bytes'] : [];
  return {
    etag,
    encoding,
    length,
    bodyKey: hash + suffix,
    common,
    head: [...common, ...cache, ...ranges, 'etag', etag, 'content-length', String(length)],
    notModified: ['etag', etag, ...cache, ...vary, ...ALWAYS, ...others],
  };
}

/** A browser that has the file with the headers of another deployment needs a new response: 304 cannot remove headers. */
function headerTag(custom: ReturnType<typeof headersFor>): string {
  return custom.length === 0 ? '' : `-${hashOnce('sha256', JSON.stringify(custom), 'hex').slice(0, 12)}`;
}

/** Response headers, computed once: alternating names and values, as `writeHead` takes them. */
export interface ReadyResponse {
  readonly etag: string;
  readonly encoding: Encoding;
  readonly length: number;
  /** The key in the cache of bodies. */
  readonly bodyKey: string;
  readonly head: readonly string[];
  readonly notModified: readonly string[];
  /** Without length and caching, for 416 and for "not found". */
  readonly common: readonly string[];
}

/** The response in each form that was requested; null where a form does not exist. */
export type ReadyForms = ReadonlyMap<Encoding, ReadyResponse | null>;

/** Estimates the memory in bytes: the lists of a form share their strings. */
export function weighForms(forms: ReadyForms): number {
  let weight = 200;
  for (const ready of forms.values()) {
    if (ready === null) continue;
    const { head, common, notModified } = ready;
    weight += 400 + 8 * (head.length + common.length + notModified.length);
    for (const text of head) weight += text.length;
  }
  return weight;
}

/** On every response of a preview host, independent of the site's own headers. */
export const ALWAYS: readonly string[] = [
  'x-content-type-options',
  'nosniff',
  'x-robots-tag',
  'noindex',
  'referrer-policy',
  'no-referrer',
  'cross-origin-resource-policy',
  'same-site',
];

export type Encoding = BlobEncoding | 'identity';

/** The supported encodings, best first. */
const KNOWN: readonly Encoding[] = ['br', 'gzip', 'identity'];

const PLAIN: readonly Encoding[] = ['identity'];

const CACHED_HEADERS = 64;

export type AcceptedEncodings = (header: string | undefined) => readonly Encoding[];

/** Reads Accept-Encoding (RFC 9110, 12.5.3). Browsers send only a few different values, so results are cached. */
export function createAcceptedEncodings(): AcceptedEncodings {
  const cached = new Map<string, readonly Encoding[]>();
  return (header) => {
    if (header === undefined) return PLAIN;
    const known = cached.get(header);
    if (known !== undefined) return known;
    const parsed = parseEncodings(header);
    if (cached.size < CACHED_HEADERS && header.length < 200) cached.set(header, parsed);
    return parsed;
  };
}

/** The encodings to try, best first. `identity` comes last even when the client refuses it: a page is better than 406. */
function parseEncodings(header: string): readonly Encoding[] {
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    if (name !== '') weights.set(name === 'x-gzip' ? 'gzip' : name, weightOf(parameters));
  }
  const weigh = (encoding: Encoding) =>
    weights.get(encoding) ?? weights.get('*') ?? (encoding === 'identity' ? 0.001 : 0);
  const accepted = KNOWN.filter((encoding) => weigh(encoding) > 0).sort((a, b) => weigh(b) - weigh(a));
  return accepted.includes('identity') ? accepted : [...accepted, 'identity'];
}

function weightOf(parameters: readonly string[]): number {
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  if (q === undefined) return 1;
  const value = Number(q.slice(2));
  return value >= 0 && value <= 1 ? value : 0;
}
