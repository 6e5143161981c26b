import { Agent, request } from 'node:http';
import { addressOf } from './address.js';
import type { Line } from './connection.js';

/** What only some need is loaded only then: TLS, and the way through a proxy. */
export async function openLine(protocol: string, proxy: URL | null): Promise<Line> {
  if (proxy !== null) {
    const { openProxied } = await import('./proxied.js');
    return openProxied(protocol, proxy);
  }
  if (protocol !== 'https:') return { send: request, agent: new Agent({ keepAlive: true }), addressOf };
  const https = await import('node:https');
  return { send: https.request, agent: new https.Agent({ keepAlive: true }), addressOf };
}
