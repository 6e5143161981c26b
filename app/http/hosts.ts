import type { IncomingMessage } from 'node:http';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import { isLoopback } from '../config/config.js';

type Site = { readonly kind: 'app' | 'unknown' } | { readonly kind: 'preview'; readonly label: string };

const LABEL = /^[a-z0-9-]{1,63}$/;

const APP: Site = { kind: 'app' };

const UNKNOWN: Site = { kind: 'unknown' };

/** Host headers repeat: reading each once is enough, as long as strangers cannot fill the memory with them. */
const KEPT = 5_000;

/** A name has 253 characters; longer headers are nobody's here, and cost as much to keep as to read. */
const KEPT_LENGTH = 300;

/** Where a request comes from is asked only for names of this machine. */
export type SiteOf = (header: string | undefined, fromThisMachine: () => boolean) => Site;

/** Tells by the Host header alone which site a request is for; X-Forwarded-Host is a stranger's word and never read. */
export function createHosts({
  publicUrl,
  previewBase,
}: {
  publicUrl: string;
  previewBase: PreviewBase;
}): SiteOf {
  const own = new URL(publicUrl).hostname.toLowerCase();
  const suffix = `.${previewBase.domain}`;
  const kept = new Map<string, Site | 'loopback'>();

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

/** Without port and final dot, in lower case; undefined for anything that is not a plain name or address. */
function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+?)\.?(?::\d{0,5})?$/i.exec(header);
  return match?.[1]?.toLowerCase();
}

/** Where a request comes from, for counting only. A proxy on this machine is believed about the last hop before it. */
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
