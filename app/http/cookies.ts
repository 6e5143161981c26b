import type { IncomingMessage } from 'node:http';

/** The cookies of this server. A browser lets no other host set one whose name begins with `__Host-`. */
export interface Cookies {
  /** Undefined when it is not there, or there twice: one of two came from another host. */
  read(request: Pick<IncomingMessage, 'headers'>, name: CookieName): string | undefined;
  /** A value of `Set-Cookie`. */
  write(name: CookieName, value: string, maxAgeS: number): string;
  clear(name: CookieName): string;
}

/** The session, the browser that began to sign in, and what a form has done, for the page that comes next. */
type CookieName = 'sid' | 'sign-in' | 'flash';

/** A server without TLS, such as one on localhost, cannot have `__Host-` cookies: browsers would drop them. */
export function createCookies(publicUrl: string): Cookies {
  const isSecure = publicUrl.startsWith('https:');
  const prefix = isSecure ? '__Host-' : '';
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  const write = (name: CookieName, value: string, maxAgeS: number) =>
    `${prefix}${name}=${value}; Max-Age=${String(maxAgeS)}; ${attributes}`;
  return {
    read({ headers }, name) {
      const wanted = `${prefix}${name}=`;
      const found = (headers.cookie ?? '').split(/; */).filter((pair) => pair.startsWith(wanted));
      return found.length === 1 ? found[0]?.slice(wanted.length) : undefined;
    },
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
