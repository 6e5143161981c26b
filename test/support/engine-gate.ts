import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { EngineAddress } from '../../app/engine/address.js';

/** A call of a container engine, such as POST of `/containers/create`. */
export interface EngineCall {
  readonly method: 'POST' | 'DELETE';
  /** The path after the version of the API. */
  readonly path: RegExp;
}

export interface EngineGate extends AsyncDisposable {
  /** As DOCKER_HOST names it. */
  readonly dockerHost: string;
  /** The first call from now on that fits is done by the engine, and answered only after `act`. */
  after(call: EngineCall, act: () => Promise<unknown>): void;
}

/** Stands before an engine, so that a test can do something between what the engine did and its answer. */
export async function startEngineGate(engine: EngineAddress): Promise<EngineGate> {
  let waiting: { readonly call: EngineCall; readonly act: () => Promise<unknown> } | null = null;

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming;
    const outgoing = ask({ ...engine, method, path: url, headers, agent: false });
    incoming.pipe(outgoing);
    response.once('close', () => outgoing.destroy());
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const path = new URL(url, 'http://engine').pathname.replace(/^\/v\d+\.\d+/, '');
    const fits = waiting !== null && waiting.call.method === method && waiting.call.path.test(path);
    const isDone = (answer.statusCode ?? 500) < 400;
    if (waiting && fits && isDone) {
      const { act } = waiting;
      waiting = null;
      const body = await answer.toArray();
      await act();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      return void response.end(Buffer.concat(body as Buffer[]));
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    await pipeline(answer, response);
  }

  const server = createServer((incoming, response) => {
    pass(incoming, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    dockerHost: `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    after: (call, act) => void (waiting = { call, act }),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
