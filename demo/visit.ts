import { get } from 'node:http';

export interface Visit {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const PATIENCE_MS = 10_000;

/** Opens a page as a browser does. Browsers send every name under `localhost` to this machine; Node does not. */
export function visit(url: string): Promise<Visit> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const local = hostname === 'localhost' || hostname.endsWith('.localhost');
  const options = {
    host: local ? '127.0.0.1' : hostname,
    port,
    path: `${pathname}${search}`,
    headers: { host },
    timeout: PATIENCE_MS,
    agent: false as const,
  };
  return new Promise((resolve, reject) => {
    const request = get(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer within ten seconds.`)));
    request.on('error', reject);
  });
}
