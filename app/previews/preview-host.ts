import type { IncomingMessage } from 'node:http';

type Addressed = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'url'>;

/**
 * The host a request is for: lower-case, without port and final dot; null when it is not said clearly. Forwarded headers are not looked
 * at, and a whole URL in the request line would name a second host: no browser sends one to a server.
 */
export function requestHost(request: Addressed): string | null {
  const { host } = request.headers;
  if (host === undefined || request.url?.startsWith('/') !== true || hostLines(request.rawHeaders) !== 1)
    return null;
  const [, name] = /^([A-Za-z0-9.-]{1,253})(?::\d{1,5})?$/.exec(host) ?? [];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

/** The label of a preview directly under the preview domain; null for every other host, which is then answered 421 or by the App. */
export function previewLabel(host: string, domain: string): string | null {
  if (!host.endsWith(`.${domain}`)) return null;
  const label = host.slice(0, -domain.length - 1);
  return /^[a-z0-9-]{1,63}$/.test(label) ? label : null;
}

/** Node keeps the first of several Host lines and another server may keep the last, so several are none. */
function hostLines(rawHeaders: readonly string[]): number {
  let lines = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') lines += 1;
  }
  return lines;
}
