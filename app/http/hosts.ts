import type { IncomingMessage } from 'node:http';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import { isLoopback } from '../config/config.js';

type Site = { readonly kind: 'app' | 'unknown' } | { readonly kind: 'preview'; readonly label: string };

const LABEL = /^[a-z0-9-]{1,63}$/;

const APP: Site = { kind: 'app' };

const UNKNOWN: Site = { kind: 'unknown' };

/** Host headers repeat, so parsed ones are kept. The limit bounds the memory that unknown headers can take. */
const KEPT = 5_000;

/** A host name has at most 253 characters, so longer headers are not worth keeping. */
const KEPT_LENGTH = 300;

/** The second function is called only when the header names this machine. */
export type SiteOf = (header: string | undefined, fromThisMachine: () => boolean) => Site;

/** Finds the site of a request by its Host header alone. X-Forwarded-Host is never read, because any client can set it. */
export function createHosts({
  publicUrl,
  previewBase,
  kept = new Map(),
}: {
  publicUrl: string;
  previewBase: PreviewBase;
  kept?: Map<string, Site | 'loopback'>;
}): SiteOf {
  const own = new URL(publicUrl).hostname.toLowerCase();
  const suffix = `.${previewBase.domain}`;

  function read(header: string): Site | 'loopback' {
    const name = hostName(header);
    if (name === undefined) return UNKNOWN;
    if (name === own) return APP;
    const label = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
    if (LABEL.test(label)) return { kind: 'preview', label };
    return isLoopback(name) ? 'loopback' : UNKNOWN;
  }

  function remember(header: string): Site | 'loopback' {
    const site = read(header);
    if (header.length > KEPT_LENGTH) return site;
    if (kept.size >= KEPT) kept.clear();
    kept.set(header, site);
    return site;
  }

  return (header = '', fromThisMachine) => {
    const site = kept.get(header) ?? remember(header);
    if (site !== 'loopback') return site;
    return fromThisMachine() ? APP : UNKNOWN;
  };
}

/** The name in lower case, without port and final dot; undefined for a header that is not a plain name or address. */
function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::\d{0,5})?$/i.exec(header);
  return match?.[1]?.toLowerCase();
}

/** The address of the caller, for rate limits only. A proxy on this machine may name the hop before it. */
export function callerAddress(request: IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? 'unknown';
  if (!fromThisMachine(request)) return peer;
  const forwarded = request.headers['x-forwarded-for'];
  const last = String(forwarded ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last || peer;
}

export function fromThisMachine(request: IncomingMessage): boolean {
  return isLoopback((request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}
