import type { IncomingMessage } from 'node:http';
import { withoutOurCookies } from '../http/cookies.js';
import { callerAddress } from '../http/hosts.js';
import type { Admission } from './visit.js';
import { ALWAYS } from './represent.js';

/** They speak of one connection, and ours to the preview is another one: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A visitor could claim anything with them, so the preview gets ours only. Ours that open protected previews are for the gate alone. */
const CLAIMS: ReadonlySet<string> = new Set(['host', 'forwarded', 'x-real-ip', 'expect']);

function isClaim(name: string): boolean {
  return CLAIMS.has(name) || name.startsWith('x-forwarded-') || name.startsWith('x-vitrine-');
}

/** Names and values in turn, as `rawHeaders`. */
export type RawHeaders = readonly string[];

interface Address {
  /** The host of the preview, as the server knows it. */
  readonly host: string;
  readonly protocol: 'http' | 'https';
}

/** The headers of a visitor's request as the preview gets them. */
export function requestHeaders(request: IncomingMessage, { host, protocol }: Address): string[] {
  const dropped = hopsOf(request.headers.connection);
  const kept: string[] = [];
  forEachPair(request.rawHeaders, (name, value) => {
    if (dropped.has(name) || isClaim(name)) return;
    const passed = name === 'cookie' ? withoutOurCookies(value) : value;
    if (passed !== null) kept.push(name, passed);
  });
  kept.push('host', host, 'x-forwarded-for', callerAddress(request));
  kept.push('x-forwarded-host', host, 'x-forwarded-proto', protocol);
  return kept;
}

interface Answered {
  readonly headers: RawHeaders;
  /** The value of the header of this name. */
  readonly connection: string | undefined;
}

/** The headers of the preview's answer as the visitor gets them. */
export function responseHeaders({ headers, connection }: Answered, admission?: Admission): string[] {
  const dropped = hopsOf(connection);
  const caching: string[] = [];
  const kept: string[] = [];
  forEachPair(headers, (name, value) => {
    if (dropped.has(name) || NOT_FOR_VISITORS.has(name)) return;
    if (admission && name === 'cache-control') return void caching.push(value);
    if (admission && FOR_CACHES.test(name)) return;
    kept.push(name, REWRITTEN.get(name)?.(value) ?? value);
  });
  if (admission) kept.push(...protectedHeaders(admission, { kept, caching }));
  const own = kept.length;
  forEachPair(ALWAYS, (name, value) => {
    if (valueOf(kept, name, own) === undefined) kept.push(name, value);
  });
  if (isBuffered(kept)) kept.push('x-accel-buffering', 'no');
  return kept;
}

const CORP = 'cross-origin-resource-policy';

/** They tell shared caches to keep an answer, whatever `Cache-Control` says. */
const FOR_CACHES = /^(?:surrogate-control|expires|(?:.*-)?cdn-cache-control)$/;

/** What a protected program answers is kept by the browser of the visitor only, and embedded by no page of another preview. */
function protectedHeaders(
  { cookie }: Admission,
  { kept, caching }: { readonly kept: RawHeaders; readonly caching: readonly string[] },
): string[] {
  return [
    ...['cache-control', privately(caching.length === 0 ? undefined : caching.join(', '))],
    ...(valueOf(kept, CORP) === undefined ? [CORP, 'same-origin'] : []),
    ...(cookie === null ? [] : ['set-cookie', cookie]),
  ];
}

/** The same for a browser, and nothing for shared caches. */
function privately(cacheControl: string | undefined): string {
  const parts = (cacheControl ?? 'max-age=0, must-revalidate').split(',').map((part) => part.trim());
  const kept = parts.filter((part) => !/^(?:public|private|s-maxage|proxy-revalidate)\b/i.test(part));
  return ['private', ...kept.filter((part) => part !== '')].join(', ');
}

/** The first one of that name among the first so many. */
function valueOf(headers: RawHeaders, wanted: string, length = headers.length): string | undefined {
  for (let index = 0; index < length; index += 2) if (headers[index] === wanted) return headers[index + 1];
  return undefined;
}

/** A proxy in front of this server must not collect events. */
function isBuffered(headers: RawHeaders): boolean {
  const type = valueOf(headers, 'content-type');
  const isStream = type?.trimStart().toLowerCase().startsWith('text/event-stream') === true;
  return isStream && valueOf(headers, 'x-accel-buffering') === undefined;
}

/** They reach beyond the host of the preview. */
const NOT_FOR_VISITORS: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'service-worker-allowed',
  'x-robots-tag',
]);

const REWRITTEN: ReadonlyMap<string, (value: string) => string> = new Map([
  // A cookie for the parent domain would reach other previews.
  ['set-cookie', (value) => value.replace(/;\s*domain\s*=[^;]*/gi, '')],
  ['strict-transport-security', (value) => value.replace(/;?\s*(?:includesubdomains|preload)\b/gi, '')],
]);

function forEachPair(raw: RawHeaders, visit: (name: string, value: string) => void): void {
  for (let index = 0; index + 1 < raw.length; index += 2)
    visit((raw[index] ?? '').toLowerCase(), raw[index + 1] ?? '');
}

/** Those of the standard, and those that the Connection header names. */
function hopsOf(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || USUAL.has(connection)) return HOP_BY_HOP;
  const named = connection.split(',').map((name) => name.trim().toLowerCase());
  return new Set([...HOP_BY_HOP, ...named]);
}

/** They name nothing. */
const USUAL: ReadonlySet<string> = new Set([
  'keep-alive',
  'Keep-Alive',
  'close',
  'Close',
  'upgrade',
  'Upgrade',
]);
