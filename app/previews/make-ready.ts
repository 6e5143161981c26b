import { hash as hashOnce } from 'node:crypto';
import { headersFor } from '../../src/sites/headers.js';
import { isCompressible, mediaType } from '../../src/sites/media-types.js';
import type { Encoding } from './accepted-encodings.js';
import { ALWAYS, type ReadyResponse } from './ready-response.js';
import type { FileRoute } from './site-routes.js';
import type { Site } from './site.js';

/**
 * Every host shows something else some day, a commit that is built once more too; and who may see a preview is nothing that a shared
 * cache knows. So a visitor keeps a file, and asks each time whether it is still the one.
 */
const ASK_AGAIN = 'private, max-age=0, must-revalidate';

export interface Representation {
  readonly encoding: Encoding;
  readonly length: number;
}

export function makeReady(
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
