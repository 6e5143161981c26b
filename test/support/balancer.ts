import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Balancer extends AsyncDisposable {
  readonly url: string;
  /** From now on requests go to these in turn, whoever asks and whatever came before. */
  leadTo(ports: readonly number[]): void;
  /** How many requests each port answered. */
  readonly answered: ReadonlyMap<number, number>;
}

/** One address before several servers. No request stays with the server of the one before, which is the hardest a client can have. */
export async function startBalancer(): Promise<Balancer> {
  let ports: readonly number[] = [];
  let turn = 0;
  const answered = new Map<number, number>();
  const handle = async (incoming: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(incoming);
    const port = ports[turn++ % ports.length] ?? 0;
    const passed = await pass(incoming, { port, body });
    answered.set(port, (answered.get(port) ?? 0) + 1);
    response.writeHead(passed.statusCode ?? 502, passed.headers);
    passed.on('error', () => response.destroy()).pipe(response);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.headersSent || response.writeHead(502).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    leadTo: (targets) => void (ports = targets),
    answered,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function pass(
  { method, url, headers }: IncomingMessage,
  { port, body }: { port: number; body: Buffer },
): Promise<IncomingMessage> {
  const options = { host: '127.0.0.1', port, method, path: url, headers, agent: false as const };
  const outgoing = ask(options);
  outgoing.end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  return answer;
}
