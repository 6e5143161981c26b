import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recorded {
  readonly method: string;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `reset` breaks the connection instead of answering. */
export type Answering = (request: Recorded) => Reply | 'reset' | Promise<Reply | 'reset'>;

export interface RecordingServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  readonly requests: Recorded[];
}

/** A real HTTP server on this machine that writes down all it is asked. */
export async function startRecordingServer(answer: Answering): Promise<RecordingServer> {
  const requests: Recorded[] = [];
  const server = createServer((incoming, outgoing) => {
    void record(incoming).then(async (request) => {
      requests.push(request);
      const reply = await answer(request);
      if (reply === 'reset') return outgoing.destroy();
      const body = reply.json === undefined ? (reply.text ?? '') : JSON.stringify(reply.json);
      const type = reply.json === undefined ? 'text/html' : 'application/json';
      return outgoing.writeHead(reply.status, { 'content-type': type, ...reply.headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${String(port)}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function record(incoming: IncomingMessage): Promise<Recorded> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? '',
    host: incoming.headers.host ?? '',
    path: incoming.url ?? '',
    authorization: incoming.headers.authorization ?? '',
    body: Buffer.concat(chunks),
  };
}
