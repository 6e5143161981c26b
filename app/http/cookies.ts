import type { IncomingMessage } from 'node:http';

/** The cookies of this server. A browser lets no other host set one whose name begins with `__Host-`. */
export interface Cookies {
  /** Undefined when it is not there, or there twice: one of two came from another host. */
  read(request: Pick<IncomingMessage, 'headers'>, name: CookieName): string | undefined;
  /** All that are there. Another host may have added some: for cookies whose values prove where they are from. */
  readAll(request: Pick<IncomingMessage, 'headers'>, name: CookieName): readonly string[];
  /** A value of `Set-Cookie`. */
  write(name: CookieName, value: string, maxAgeS: number): string;
  clear(name: CookieName): string;
}

/**
 * Of the App: the session, the browser that began to sign in, and what a form has done, for the page that comes next. Of the host of a
 * protected preview: what its visitor was let in by, and the browser that went to sign in.
 */
type CookieName = 'sid' | 'sign-in' | 'flash' | 'vitrine-access' | 'vitrine-state';

/** Those of preview hosts, which no program of a preview is shown. */
const OF_PREVIEWS = /^\s*(?:__Host-)?vitrine-(?:access|state)=/;

/** The header without our cookies of preview hosts; null when nothing is left of it. */
export function withoutOurCookies(header: string): string | null {
  if (!header.includes('vitrine-')) return header;
  const kept = header.split(';').filter((pair) => !OF_PREVIEWS.test(pair));
  const text = kept.join(';').trim();
  return text === '' ? null : text;
}

/** A server without TLS, such as one on localhost, cannot have `__Host-` cookies: browsers would drop them. */
export function createCookies(publicUrl: string): Cookies {
  const isSecure = publicUrl.startsWith('https:');
  const prefix = isSecure ? '__Host-' : '';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const write = (name: CookieName, value: string, maxAgeS: number) =>
    `${prefix}${name}=${value}; Max-Age=${String(maxAgeS)}; ${attributes}`;
  const readAll: Cookies['readAll'] = ({ headers }, name) => {
    const wanted = `${prefix}${name}=`;
    const pairs = (headers.cookie ?? '').split(/; */);
    return pairs.flatMap((pair) => (pair.startsWith(wanted) ? [pair.slice(wanted.length)] : []));
  };
  return {
    read(request, name) {
      const found = readAll(request, name);
      return found.length === 1 ? found[0] : undefined;
    },
    readAll,
    write,
    clear: (name) => write(name, '', 0),
  };
}

/**
 * Whether a page of this server sent the request. Browsers say so themselves; older ones say from which origin it comes. A preview is
 * another site or another origin, and never this one: https://web.dev/articles/fetch-metadata
 */
export function isFromOwnPage({ headers }: Pick<IncomingMessage, 'headers'>, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined ? headers.origin === new URL(publicUrl).origin : site === 'same-origin';
}
