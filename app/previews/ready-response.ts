import { headersFor } from '../../src/domain/artifact-headers.js';
import { isCompressible, mediaType } from '../../src/domain/media-types.js';
import type { Encoding } from './accepted-encodings.js';
import type { FileRoute } from './site-routes.js';
import type { Site } from './site.js';

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

export interface Representation {
  readonly encoding: Encoding;
  readonly length: number;
}

export function readyResponse(
  site: Site,
  route: FileRoute,
  { encoding, length }: Representation,
): ReadyResponse {
  const { hash, path } = route.file;
  const suffix = encoding === 'identity' ? '' : `-${encoding}`;
  const etag = `"${hash.slice(0, 32)}${suffix}"`;
  const custom = headersFor(site.headerRules, route.path);
  const has = (name: string) => custom.some(([set]) => set === name);
  const vary = isCompressible(path) ? ['vary', 'accept-encoding'] : [];
  const cache = has('cache-control') ? [] : ['cache-control', site.cacheControl];
  const common = [
    ...(has('content-type') ? [] : ['content-type', mediaType(path)]),
    ...(encoding === 'identity' ? [] : ['content-encoding', encoding]),
    ...vary,
    ...ALWAYS,
    ...custom.flat(),
  ];
  const ranges = encoding === 'identity' ? ['accept-ranges', 'bytes'] : [];
  return {
    etag,
    encoding,
    length,
    bodyKey: hash + suffix,
    common,
    head: [...common, ...cache, ...ranges, 'etag', etag, 'content-length', String(length)],
    notModified: ['etag', etag, ...cache, ...vary, ...ALWAYS, ...custom.flat()],
  };
}
