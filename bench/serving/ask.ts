import { request, type IncomingHttpHeaders } from 'node:http';
import type { Served } from './servers.js';

export interface Asked {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One request, of which only status and headers matter. */
export function ask(
  { port }: Served,
  { address, headers }: Asked,
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: address, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers }));
    });
    sent.on('error', reject).end();
  });
}
