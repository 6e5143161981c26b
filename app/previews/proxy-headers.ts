import type { IncomingMessage } from 'node:http';
import { callerAddress } from '../http/hosts.js';
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

/** A visitor could claim anything with them, so the preview gets ours only. */
const CLAIMS = /^(?:x-forwarded-.*|forwarded|x-real-ip|expect)$/;

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
    if (name !== 'host' && !dropped.has(name) && !CLAIMS.test(name)) kept.push(name, value);
  });
  kept.push('host', host, 'x-forwarded-for', callerAddress(request));
  kept.push('x-forwarded-host', host, 'x-forwarded-proto', protocol);
  return kept;
}

/** The headers of the preview's answer as the visitor gets them. */
export function responseHeaders({
  rawHeaders,
  headers,
}: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): string[] {
  const dropped = hopsOf(headers.connection);
  const kept: string[] = [];
  forEachPair(rawHeaders, (name, value) => {
    if (dropped.has(name) || NOT_FOR_VISITORS.has(name)) return;
    kept.push(name, REWRITTEN.get(name)?.(value) ?? value);
  });
  forEachPair(ALWAYS, (name, value) => {
    if (name === 'x-robots-tag' || !(name in headers)) kept.push(name, value);
  });
  if (isBuffered(headers)) kept.push('x-accel-buffering', 'no');
  return kept;
}

/** A proxy in front of this server must not collect events. */
function isBuffered(headers: IncomingMessage['headers']): boolean {
  const isStream =
    headers['content-type']?.trimStart().toLowerCase().startsWith('text/event-stream') === true;
  return isStream && headers['x-accel-buffering'] === undefined;
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
