import { hash as hashOnce } from 'node:crypto';
import { headersFor } from '../../src/sites/headers.js';
import { isCompressible, mediaType } from '../../src/sites/media-types.js';
import type { BlobEncoding, BlobStore } from '../../src/uploads/store.js';
import type { FileRoute, Site } from './site.js';
import type { WeightedCache } from './weighted-cache.js';

export interface RepresentPorts {
  readonly blobs: BlobStore;
  readonly bodies: WeightedCache<Buffer>;
  /** Heads of answers, worked out at the first visit. */
  readonly readies: WeightedCache<ReadyForms, FileRoute>;
}

interface Wanted {
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

/**
 * Every host shows something else some day, a commit that is built once more too; and who may see a preview is nothing that a shared
 * cache knows. So a visitor keeps a file, and asks each time whether it is still the one.
 */
const ASK_AGAIN = 'private, max-age=0, must-revalidate';

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
  const etag = `"${hash.slice(0, 32)}${marked(custom)}${suffix}"`;
  const has = (name: string) => custom.some(([set]) => set === name);
  const others = custom.filter(([name]) => name !== 'cache-control').flat();
  const vary = isCompressible(path) ? ['vary', 'accept-encoding'] : [];
  const cache = custom.find(([name]) => name === 'cache-control') ?? ['cache-control', ASK_AGAIN];
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

/** Whoever has the file with the headers of another deployment must get the new ones, and 304 cannot take any away. */
function marked(custom: ReturnType<typeof headersFor>): string {
  return custom.length === 0 ? '' : `-${hashOnce('sha256', JSON.stringify(custom), 'hex').slice(0, 12)}`;
}

/** Head of an answer, worked out once: names and values in turn, as `writeHead` takes them. */
export interface ReadyResponse {
  readonly etag: string;
  readonly encoding: Encoding;
  readonly length: number;
  /** Names the bytes in the cache of bodies. */
  readonly bodyKey: string;
  readonly head: readonly string[];
  readonly notModified: readonly string[];
  /** Without length and cache, for parts and for "not found". */
  readonly common: readonly string[];
}

/** What a file looks like in each form that was asked for; null where a form does not exist. */
export type ReadyForms = ReadonlyMap<Encoding, ReadyResponse | null>;

/** About how many bytes of memory they take: the lists share their texts, each form has its own. */
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

/** On every answer of a preview host, whatever a site says. */
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

/** Ours, best first. */
const KNOWN: readonly Encoding[] = ['br', 'gzip', 'identity'];

const PLAIN: readonly Encoding[] = ['identity'];

const REMEMBERED = 64;

export type AcceptedEncodings = (header: string | undefined) => readonly Encoding[];

/** Reads Accept-Encoding (RFC 9110, 12.5.3). All browsers together send a handful of values, so answers are remembered. */
export function createAcceptedEncodings(): AcceptedEncodings {
  const remembered = new Map<string, readonly Encoding[]>();
  return (header) => {
    if (header === undefined) return PLAIN;
    const known = remembered.get(header);
    if (known !== undefined) return known;
    const parsed = parseEncodings(header);
    if (remembered.size < REMEMBERED && header.length < 200) remembered.set(header, parsed);
    return parsed;
  };
}

/** The encodings to try, best first. Plain comes last even when it is refused: a page is better than 406. */
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
