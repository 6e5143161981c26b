import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as the form of the page that the host answered before. */
  readonly form?: Readonly<Record<string, string>>;
}

export interface Came {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Where the answer leads to; empty where it leads nowhere. */
  readonly location: string;
}

/** Behaves like a browser that looks at previews: keeps the cookies of each host, and follows nothing by itself. */
export function createPreviewVisitor() {
  const cookies = new Map<string, Map<string, string>>();
  return {
    cookies,
    async visit(address: string, { method = 'GET', headers = {}, form }: Ask = {}): Promise<Came> {
      const url = new URL(address);
      const kept = cookies.get(url.host) ?? new Map<string, string>();
      cookies.set(url.host, kept);
      const cookie = [...kept].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        const sent = request(
          {
            ...{ host: '127.0.0.1', port: url.port, agent: false as const },
            ...{ path: `${url.pathname}${url.search}`, method: form ? 'POST' : method },
            headers: {
              host: url.host,
              accept: 'text/html',
              ...(cookie && { cookie }),
              ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: url.origin }),
              ...headers,
            },
          },
          resolve,
        );
        sent.on('error', reject);
        sent.end(form ? String(new URLSearchParams(form)) : undefined);
      });
      for (const line of response.headers['set-cookie'] ?? []) keep(kept, line);
      const { statusCode: status = 0, headers: answered } = response;
      const location = answered.location ? new URL(answered.location, url).href : '';
      return { status, headers: answered, body: await text(response), location };
    },
  };
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ');
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  if (attributes.includes('Max-Age=0')) cookies.delete(name);
  else cookies.set(name, value);
}
