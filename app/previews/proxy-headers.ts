import type { IncomingMessage } from 'node:http';
import { callerAddress } from '../http/hosts.js';
import { ALWAYS } from './represent.js';

/** They speak of one connection, and ours to the preview is another one: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

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
  const kept = pairsOf(request.rawHeaders).filter(
    ([name]) => name !== 'host' && !dropped.has(name) && !CLAIMS.test(name),
  );
  return [
    ...kept.flat(),
    ...['host', host],
    ...['x-forwarded-for', callerAddress(request), 'x-forwarded-host', host, 'x-forwarded-proto', protocol],
  ];
}

/** The headers of the preview's answer as the visitor gets them. */
export function responseHeaders(response: Pick<IncomingMessage, 'rawHeaders' | 'headers'>): string[] {
  const dropped = hopsOf(response.headers.connection);
  const kept = pairsOf(response.rawHeaders)
    .filter(([name]) => !dropped.has(name) && !NOT_FOR_VISITORS.has(name))
    .map(([name, value]) => [name, REWRITTEN[name]?.(value) ?? value] as const);
  const own = pairsOf(ALWAYS).filter(([name]) => name === 'x-robots-tag' || !(name in response.headers));
  return [...kept, ...own, ...unbuffered(response.headers)].flat();
}

/** A proxy in front of this server must not collect events. */
function unbuffered({ 'content-type': type, ...headers }: IncomingMessage['headers']): [string, string][] {
  const isStream = type?.trimStart().toLowerCase().startsWith('text/event-stream') === true;
  return isStream && headers['x-accel-buffering'] === undefined ? [['x-accel-buffering', 'no']] : [];
}

/** They reach beyond the host of the preview. */
const NOT_FOR_VISITORS: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'service-worker-allowed',
  'x-robots-tag',
]);

const REWRITTEN: Readonly<Record<string, (value: string) => string>> = {
  // A cookie for the parent domain would reach other previews.
  'set-cookie': (value) => value.replace(/;\s*domain\s*=[^;]*/gi, ''),
  'strict-transport-security': (value) => value.replace(/;?\s*(?:includesubdomains|preload)\b/gi, ''),
};

function pairsOf(raw: RawHeaders): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2)
    pairs.push([(raw[index] ?? '').toLowerCase(), raw[index + 1] ?? '']);
  return pairs;
}

/** Those of the standard, and those that the Connection header names. */
function hopsOf(connection: string | undefined): ReadonlySet<string> {
  const named = (connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return new Set([...HOP_BY_HOP, ...named]);
}
