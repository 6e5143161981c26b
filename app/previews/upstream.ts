import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { type AnswerHead, type AnswerReader, createAnswerReader } from './answer-reader.js';

/** Why a preview gave no answer. */
export type ProxyFailure = 'unreachable' | 'silent';

/** One request of a visitor, and where its answer goes. */
export interface Question {
  readonly host: string;
  readonly port: number;
  /** The request line and the headers, as they are sent. */
  readonly head: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Begins the answer to the visitor. */
  readonly begin: (head: AnswerHead) => void;
}

/** Connections to programs, which are kept for the next request. */
export interface Upstream {
  /** Resolves as soon as an answer is begun, or with the reason why there is none. An answer that breaks off later is broken off for the visitor too. */
  ask(question: Question): Promise<ProxyFailure | null>;
  close(): void;
}

const MOST_SOCKETS = 256;
/** As many as visitors who ask at once: with fewer, connections are opened all the time. */
const MOST_FREE = 64;
/** Programs of Node close a connection that was idle for five seconds, and few others are as quick. */
const IDLE_MS = 4_000;

const SMALL_BYTES = 8 * 1024;

interface Exchange {
  readonly question: Question;
  readonly resolve: (failure: ProxyFailure | null) => void;
  /** Its answer must have begun by then. */
  readonly until: number;
  connection: Connection | null;
  /** The whole request is on its way. */
  sent: boolean;
  /** The head of its answer has come. */
  answered: boolean;
  keepsAlive: boolean;
  over: boolean;
  triedAgain: boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly reader: AnswerReader;
  readonly program: Program;
  exchange: Exchange | null;
  isFresh: boolean;
  /** Something came since the request was sent. */
  heard: boolean;
  /** The head of an answer is not on its way to the visitor yet. */
  unsent: ServerResponse | null;
  idleSince: number;
  readonly ask: (exchange: Exchange) => void;
}

interface Program {
  readonly host: string;
  readonly port: number;
  readonly open: Set<Connection>;
  /** In the order of their last use. */
  readonly free: Connection[];
  readonly waiting: Exchange[];
}

export function createUpstream({ firstByteMs }: { readonly firstByteMs: number }): Upstream {
  const programs = new Map<string, Program>();
  // One timer for all: one for each request would cost more than passing on its answer.
  const watch = () => programs.forEach(lookAfter);
  const timer = setInterval(watch, Math.min(IDLE_MS, firstByteMs) / 4).unref();
  const programAt = ({ host, port }: Question): Program => {
    const key = `${host} ${String(port)}`;
    const known = programs.get(key);
    if (known) return known;
    const program = { host, port, open: new Set<Connection>(), free: [], waiting: [] };
    programs.set(key, program);
    return program;
  };
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const exchange: Exchange = {
          question,
          resolve,
          until: performance.now() + firstByteMs,
          connection: null,
          sent: false,
          answered: false,
          keepsAlive: false,
          over: false,
          triedAgain: false,
        };
        question.response.once('close', () => giveUp(exchange, null));
        give(programAt(question), exchange);
      }),
    close() {
      clearInterval(timer);
      for (const { open } of programs.values()) for (const { socket } of open) socket.destroy();
    },
  };

  function lookAfter(program: Program, key: string): void {
    const now = performance.now();
    for (const { socket, idleSince } of [...program.free]) if (idleSince < now - IDLE_MS) socket.destroy();
    for (const { exchange } of program.open)
      if (exchange && !exchange.answered && exchange.until < now) giveUp(exchange, 'silent');
    const late = program.waiting.filter(({ until }) => until < now);
    for (const exchange of late) giveUp(exchange, 'silent');
    if (program.open.size === 0 && program.waiting.length === 0) programs.delete(key);
  }
}

function give(program: Program, exchange: Exchange): void {
  for (let free = program.free.pop(); free; free = program.free.pop())
    if (free.socket.writable) return free.ask(exchange);
  if (program.open.size < MOST_SOCKETS) return openConnection(program).ask(exchange);
  program.waiting.push(exchange);
}

/** There is no answer, or nobody who would read it. */
function giveUp(exchange: Exchange, failure: ProxyFailure | null): void {
  if (exchange.over) return;
  exchange.over = true;
  exchange.question.request.unpipe();
  if (!exchange.answered) exchange.resolve(failure);
  else exchange.question.response.destroy();
  exchange.connection?.socket.destroy();
}

function openConnection(program: Program): Connection {
  const { host, port } = program;
  const socket = connect({
    ...{ host, port, noDelay: true },
    onread: { buffer: READ_BUFFER, callback: (length) => hear(connection, length) },
  });
  const reader = createAnswerReader({
    head: (head) => begin(connection, head),
    piece: (bytes, isLast) => pass(connection, bytes, isLast),
    // What the program sends unasked would be taken for the answer to the next request.
    excess: () => socket.destroy(),
  });
  const connection: Connection = {
    ...{ socket, reader, program, exchange: null, isFresh: true, heard: false, unsent: null, idleSince: 0 },
    ask(exchange) {
      connection.exchange = exchange;
      connection.heard = false;
      exchange.connection = connection;
      const { request, head } = exchange.question;
      reader.begin(request.method ?? 'GET');
      socket.write(head, 'latin1');
      if (hasBody(request)) sendBody(exchange, socket);
      else exchange.sent = true;
    },
  };
  socket.on('end', () => reader.end());
  socket.on('error', () => undefined);
  socket.on('close', () => lose(connection));
  program.open.add(connection);
  return connection;
}

/** What a connection brings is passed on, or copied, before the next one is read. Node would make a buffer of this size for each read. */
const READ_BUFFER = Buffer.alloc(64 * 1024);

function hear(connection: Connection, length: number): boolean {
  const { reader, socket } = connection;
  connection.heard = true;
  try {
    reader.read(READ_BUFFER.subarray(0, length));
    // Events must leave at once, and the first of them may come late.
    connection.unsent?.flushHeaders();
    connection.unsent = null;
  } catch (error) {
    socket.destroy(error instanceof Error ? error : undefined);
  }
  // Whether to read on is said by pausing.
  return true;
}

function begin(connection: Connection, head: AnswerHead): void {
  const { exchange } = connection;
  if (!exchange || exchange.over) return;
  exchange.question.begin(head);
  connection.unsent = exchange.question.response;
  exchange.answered = true;
  exchange.keepsAlive = head.keepsAlive;
  exchange.resolve(null);
}

function pass(connection: Connection, bytes: Buffer, isLast: boolean): void {
  const { exchange, socket } = connection;
  if (!exchange || exchange.over) return;
  const { response } = exchange.question;
  connection.unsent = null;
  if (!isLast) {
    if (response.write(Buffer.from(bytes)) || socket.isPaused()) return;
    socket.pause();
    response.once('drain', () => connection.exchange === exchange && socket.resume());
    return;
  }
  // The pieces of one read may be more than the visitor takes, and the last one is among them.
  if (socket.isPaused()) socket.resume();
  exchange.over = true;
  release(connection, exchange);
  // Node sends a text together with the headers, in one piece.
  if (bytes.length > SMALL_BYTES) response.end(Buffer.from(bytes));
  else response.end(bytes.toString('latin1'), 'latin1');
}

/** The connection is free for the next request, if nothing of this one is left on it. */
function release(connection: Connection, exchange: Exchange): void {
  const { socket, program } = connection;
  connection.exchange = null;
  connection.isFresh = false;
  // What is left of the body is read, and dropped, by the server.
  if (!exchange.sent) exchange.question.request.unpipe();
  if (!exchange.sent || !exchange.keepsAlive || !socket.writable) return void socket.destroy();
  const next = nextOf(program);
  if (next) return connection.ask(next);
  if (program.free.length >= MOST_FREE) return void socket.destroy();
  connection.idleSince = performance.now();
  program.free.push(connection);
}

/** The next one that waits for a connection, and whose visitor is still there. */
function nextOf({ waiting }: Program): Exchange | undefined {
  let next = waiting.shift();
  while (next?.over === true) next = waiting.shift();
  return next;
}

/** The connection is gone. */
function lose(connection: Connection): void {
  const { program, exchange } = connection;
  program.open.delete(connection);
  const index = program.free.indexOf(connection);
  if (index !== -1) program.free.splice(index, 1);
  const next = nextOf(program);
  if (next) give(program, next);
  if (exchange === null || exchange.over) return;
  const wasIdle = !connection.isFresh && !connection.heard;
  if (!wasIdle || exchange.triedAgain || !maySendAgain(exchange.question.request))
    return giveUp(exchange, 'unreachable');
  exchange.triedAgain = true;
  openConnection(program).ask(exchange);
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** The program may have closed an idle connection at the moment at which it was used again, or while it worked on this request. */
function maySendAgain(request: IncomingMessage): boolean {
  return REPEATABLE.has(request.method ?? '') && !hasBody(request);
}

/** The body as the visitor frames it: with its length, or in chunks. It is read as fast as the program takes it. */
function sendBody(exchange: Exchange, socket: Socket): void {
  const { request } = exchange.question;
  const body = isChunked(request) ? request.pipe(createChunks()) : request;
  body.once('end', () => {
    exchange.sent = true;
  });
  body.pipe(socket, { end: false });
}

function createChunks(): Transform {
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      this.push(`${bytes.length.toString(16)}\r\n`, 'latin1');
      this.push(bytes);
      done(null, '\r\n');
    },
    flush: (done) => done(null, '0\r\n\r\n'),
  });
}

export function hasBody(request: IncomingMessage): boolean {
  return isChunked(request) || Number(request.headers['content-length'] ?? 0) > 0;
}

export function isChunked({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}
