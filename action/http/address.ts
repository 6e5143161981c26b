export interface Address {
  readonly host: string;
  readonly port: string;
  readonly path: string;
  readonly servername?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where to connect. Browsers take `*.localhost` to this machine, glibc's resolver does not (RFC 6761, section 6.3). */
export function addressOf(url: URL): Address {
  const address = {
    port: url.port || (url.protocol === 'https:' ? '443' : '80'),
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host },
  };
  if (!url.hostname.endsWith('.localhost')) return { ...address, host: url.hostname.replace(/^\[|\]$/g, '') };
  return { ...address, host: '127.0.0.1', servername: url.hostname };
}
