import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { type Address, addressOf, type Connection } from './connection.js';

/**
 * Requests through a proxy: plain HTTP is forwarded, TLS goes through a tunnel. Written here because https-proxy-agent 9.1 checks the
 * certificate of an IP address against the name of the proxy, and waits for ever when the proxy does not answer.
 */
export function openProxied(protocol: string, proxy: URL): Connection {
  if (protocol === 'https:') return { send: https.request, agent: tunnelAgent(proxy), addressOf };
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

/** The credentials in the URL of a proxy, as a header. */
function proxyAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

type Opened = (error: Error | null, socket?: Duplex) => void;

/** An agent whose sockets speak TLS with the target through a tunnel. */
function tunnelAgent(proxy: URL): Agent {
  const agent = new https.Agent({ keepAlive: true });
  const closing = new AbortController();
  const createConnection = (options: RequestOptions & { servername?: string }, opened: Opened): void => {
    openTunnel(options, { proxy, signal: closing.signal }).then((socket) => {
      const secure = connect({ socket, host: String(options.host), servername: options.servername ?? '' });
      secure.setTimeout(options.timeout ?? 0, () => secure.destroy(silence(options)));
      closing.signal.addEventListener('abort', () => secure.destroy(), { once: true });
      secure.once('error', opened);
      secure.once('secureConnect', () => {
        secure.setTimeout(0);
        opened(null, secure);
      });
    }, opened);
  };
  const destroy = (): void => {
    closing.abort();
    https.Agent.prototype.destroy.call(agent);
  };
  return Object.assign(agent, { createConnection, destroy });
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-connect */
function openTunnel(
  options: RequestOptions,
  { proxy, signal }: { readonly proxy: URL; readonly signal: AbortSignal },
): Promise<Duplex> {
  const { host, port } = options;
  const target = `${String(host).includes(':') ? `[${String(host)}]` : String(host)}:${String(port)}`;
  const { send } = toProxy(proxy);
  const at = addressOf(proxy);
  return new Promise((resolve, reject) => {
    const asking = send({
      host: at.host,
      port: at.port,
      method: 'CONNECT',
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      agent: false,
      signal,
    });
    const refuse = (reason: string): void => reject(new Error(`the proxy ${proxy.host} ${reason}`));
    asking.setTimeout(options.timeout ?? 0, () => asking.destroy(silence(options)));
    asking.once('error', ({ message }) => refuse(`cannot be used: ${message}`));
    asking.once('response', ({ statusCode }) => refuse(`answered HTTP ${String(statusCode)}`));
    asking.once('connect', ({ statusCode }: IncomingMessage, socket: Duplex) => {
      asking.setTimeout(0);
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      refuse(`answered HTTP ${String(statusCode)}`);
    });
    asking.end();
  });
}

function silence({ timeout = 0 }: RequestOptions): Error {
  return new Error(`no byte for ${String(timeout / 1000)} s`);
}
