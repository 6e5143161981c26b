import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/**
 * How long a client may take none of the bytes of an answer. Node compares what is left with what was left one period ago, so the
 * connection ends after one or two periods. nginx waits for a minute.
 */
const STALLED_MS = 20_000;

/** A client that is known may write what it gets to a slow disk, or wait for its turn on a busy machine. */
const PATIENT_MS = 10 * 60_000;

/** Gives the client of this answer, and of no later one of the connection, more time between two bytes. */
export function waitForClient({ socket }: ServerResponse, patientMs: number = PATIENT_MS): void {
  // Node gives the connection the usual time again with its next request.
  socket?.setTimeout(patientMs);
}

/** Notes the answer that a connection waits for. To be called for each request, in the order in which they arrive. */
type NoteAnswer = (response: ServerResponse) => void;

/** Ends connections whose bytes are no HTTP, and those whose client stopped reading, without damage to answers under way. */
export function watchConnections(server: Server, stalledMs: number = STALLED_MS): NoteAnswer {
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
  // Node calls this only when the connection moved no byte for so long: a slow client that still reads is kept.
  server.setTimeout(stalledMs, (socket) => {
    if (!isWorkedOn(newest.get(socket), socket)) socket.destroy();
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

/** The server has not begun to answer, or waits for the disk: the client cannot read anything yet. */
function isWorkedOn(answer: ServerResponse | undefined, socket: Socket): boolean {
  return answer !== undefined && !answer.writableFinished && socket.writableLength === 0;
}
