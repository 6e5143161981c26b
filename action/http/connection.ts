import type { Agent, ClientRequest, RequestOptions } from 'node:http';

/** How requests reach one kind of address: plain, over TLS, or through a proxy. Its agent keeps sockets open for the next request. */
export interface Connection {
  readonly send: (options: RequestOptions) => ClientRequest;
  readonly agent: Agent;
  readonly addressOf: (url: URL) => Address;
}

export interface Address {
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly servername?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where to connect. Browsers resolve `*.localhost` to this machine, glibc does not (RFC 6761, section 6.3). */
export function addressOf(url: URL): Address {
  const address = {
    port: url.port || (url.protocol === 'https:' ? '443' : '80'),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host },
  };
  if (!url.hostname.endsWith('.localhost')) return { ...address, host: url.hostname.replace(/^\[|\]$/g, '') };
  return { ...address, host: '127.0.0.1', servername: url.hostname };
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, or null for a direct connection. The rules are those of the runner and of `@actions/http-client`:
 * https://docs.github.com/actions/how-tos/manage-runners/self-hosted-runners/use-proxy-servers
 */
export function proxyFor(url: URL, env: Env): URL | null {
  const named = variable(env, url.protocol === 'https:' ? 'https_proxy' : 'http_proxy');
  if (named === '' || isLoopback(url.hostname) || isExcepted(url, variable(env, 'no_proxy'))) return null;
  const address = /^https?:\/\//i.test(named) ? named : `http://${named}`;
  return URL.canParse(address) ? new URL(address) : null;
}

function variable(env: Env, name: string): string {
  return env[name] || env[name.toUpperCase()] || '';
}

export function isLoopback(hostname: string): boolean {
  return /^(localhost|.*\.localhost|127\..*|\[::1\])$/i.test(hostname);
}

function isExcepted({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.toLowerCase();
  const names = [host, `${host}:${port || (protocol === 'https:' ? '443' : '80')}`];
  return list
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .some(
      (entry) =>
        entry === '*' ||
        names.some((name) => name === entry || name.endsWith(entry.startsWith('.') ? entry : `.${entry}`)),
    );
}
