import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Received[];
  /** What was sent to a path. */
  at(path: string): readonly Received[];
  /** How requests are answered from now on; 200 until it is called. */
  answer(status: number, headers?: Readonly<Record<string, string>>): void;
}

/** Takes what a server sends to addresses that users give, and keeps it. */
export async function startReceiver(): Promise<Receiver> {
  const requests: Received[] = [];
  let status = 200;
  let headers: Readonly<Record<string, string>> = {};
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(status, headers).end(`answered ${String(status)}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    at: (path) => requests.filter((one) => one.path === path),
    answer(next, nextHeaders = {}) {
      status = next;
      headers = nextHeaders;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
