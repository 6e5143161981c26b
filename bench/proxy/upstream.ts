import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { machineTime } from '../github/plan.js';
import { answerParent } from '../harness/answer-parent.js';
import { EVENTS_PATH, SMALL_ANSWER } from './plan.js';

/** The program of a preview: a small answer, a stream of events that carry the time at which they were sent, and an echo. */
const readers = new Set<ServerResponse>();

const server = createServer((request, response) => {
  if (request.url !== EVENTS_PATH) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': SMALL_ANSWER.length });
    return void response.end(SMALL_ANSWER);
  }
  // nginx collects answers unless it is told not to.
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  // http-proxy passes the head of an answer on with its first bytes.
  response.write(': open\n\n');
  readers.add(response);
  response.once('close', () => readers.delete(response));
});
server.keepAliveTimeout = 0;

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({
  ready: { port: (server.address() as AddressInfo).port },
  answers: {
    /** One event to everybody who reads. */
    send: () => {
      for (const reader of readers) reader.write(`data: ${String(machineTime())}\n\n`);
    },
  },
});
