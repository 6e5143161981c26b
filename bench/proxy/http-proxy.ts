import { Agent, createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import httpProxy from 'http-proxy';
import { z } from 'zod';
import { answerParent } from '../harness/answer-parent.js';

const programs = z.record(z.string(), z.int()).parse(JSON.parse(process.argv[2] ?? '{}'));

/** With an agent that keeps connections, as its readme says for many requests. Without one it opens a connection for each. */
const agent = new Agent({ keepAlive: true, maxSockets: 256 });
const proxy = httpProxy.createProxyServer({ agent, xfwd: true });
proxy.on('error', (error) => void process.stderr.write(`${String(error)}\n`));

/** By the first part of the host name, as a server of many previews finds them. */
function targetOf({ headers }: IncomingMessage): string {
  const port = programs[headers.host?.split('.', 1)[0] ?? ''];
  return `http://127.0.0.1:${String(port)}`;
}

const server = createServer((request, response) => {
  proxy.web(request, response, { target: targetOf(request) });
});
server.on('upgrade', (request, socket, head: Buffer) => {
  proxy.ws(request, socket, head, { target: targetOf(request) });
});

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({ ready: { port: (server.address() as AddressInfo).port } });
