/** If-None-Match: any of the list, compared weakly (RFC 9110, 13.1.2). */
export function matchesAny(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header.trim() === '*') return true;
  if (!header.includes(etag)) return false;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}

/** If-Range: a part is only good with the very bytes the client has, so compared strongly; dates never match, we send none. */
export function allowsRange(header: unknown, etag: string): boolean {
  return header === undefined || (typeof header === 'string' && header.trim() === etag);
}
