import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Notes the answer that a connection waits for. To be called for each request, in the order in which they arrive. */
type NoteAnswer = (response: ServerResponse) => void;

/** Ends connections whose bytes are no HTTP, without damage to answers under way. */
export function watchConnections(server: Server): NoteAnswer {
  // Answers leave in the order of their requests: when the newest one of a connection is sent, all are.
  const newest = new WeakMap<Duplex, ServerResponse>();
  const refused = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    // The parser reports every further chunk.
    if (refused.has(socket)) return;
    refused.add(socket);
    refuse({
      socket,
      answer: newest.get(socket),
      status: PARSER_ANSWERS[error.code ?? ''] ?? '400 Bad Request',
    });
  });
  return (response) => void newest.set(response.req.socket, response);
}

const PARSER_ANSWERS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

interface Refusal {
  readonly socket: Duplex;
  readonly answer: ServerResponse | undefined;
  readonly status: string;
}

/**
 * The refusal is sent after the answers to earlier requests of the connection. Inside one, it would damage a file. Before one, the
 * client would take it for that answer.
 */
function refuse({ socket, answer, status }: Refusal): void {
  const end = () => {
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  if (!answer || answer.writableFinished) return end();
  if (answer.req.complete) return void answer.once('close', end);
  // The bytes are the body of the newest request. It has its turn when it has the socket. Later, its own answer ends the connection.
  if (answer.socket === socket && !answer.headersSent) end();
}
