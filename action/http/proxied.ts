import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { type Address, addressOf, type Connection, proxyAuthorization } from './connection.js';

/** A connection through a proxy: it is told the whole address, and for TLS it only makes a tunnel. */
export function openProxied(protocol: string, proxy: URL): Connection {
  if (protocol === 'https:') return { send: https.request, agent: tunnelling(proxy), addressOf };
  const { send, agent } = toProxy(proxy);
  return { send, agent, addressOf: (url) => forwarded(url, proxy) };
}

function forwarded(url: URL, proxy: URL): Address {
  const { host, port } = addressOf(proxy);
  return { host, port, path: url.href, headers: { host: url.host, ...proxyAuthorization(proxy) } };
}

function toProxy({ protocol }: URL): Pick<Connection, 'send' | 'agent'> {
  if (protocol === 'https:') return { send: https.request, agent: new https.Agent({ keepAlive: true }) };
  return { send: request, agent: new Agent({ keepAlive: true }) };
}

type Opened = (error: Error | null, socket?: Duplex) => void;

function tunnelling(proxy: URL): Agent {
  const agent = new https.Agent({ keepAlive: true });
  const open = (options: RequestOptions & { servername?: string }, opened: Opened): void => {
    openTunnel(options, proxy).then((socket) => {
      const secure = connect({ socket, host: String(options.host), servername: options.servername ?? '' });
      secure.setTimeout(options.timeout ?? 0, () => secure.destroy(silence(options)));
      secure.once('error', opened);
      secure.once('secureConnect', () => {
        secure.setTimeout(0);
        opened(null, secure);
      });
    }, opened);
  };
  return Object.assign(agent, { createConnection: open });
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-connect */
function openTunnel(options: RequestOptions, proxy: URL): Promise<Duplex> {
  const { host, port } = options;
  const target = `${String(host).includes(':') ? `[${String(host)}]` : String(host)}:${String(port)}`;
  const { send } = toProxy(proxy);
  const at = addressOf(proxy);
  return new Promise((resolve, reject) => {
    const headers = { host: target, ...proxyAuthorization(proxy) };
    const asked = send({
      host: at.host,
      port: at.port,
      method: 'CONNECT',
      path: target,
      headers,
      agent: false,
    });
    const refuse = (reason: string): void => reject(new Error(`the proxy ${proxy.host} ${reason}`));
    asked.setTimeout(options.timeout ?? 0, () => asked.destroy(silence(options)));
    asked.once('error', ({ message }) => refuse(`cannot be used: ${message}`));
    asked.once('response', ({ statusCode }) => refuse(`answered HTTP ${String(statusCode)}`));
    asked.once('connect', ({ statusCode }: IncomingMessage, socket: Duplex) => {
      asked.setTimeout(0);
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      refuse(`answered HTTP ${String(statusCode)}`);
    });
    asked.end();
  });
}

function silence({ timeout = 0 }: RequestOptions): Error {
  return new Error(`no byte for ${String(timeout / 1000)} s`);
}
