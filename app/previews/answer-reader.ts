/**
 * Reads the answers of a program from its connection: https://www.rfc-editor.org/rfc/rfc9112. Node's own client makes a stream and a dozen
 * listeners for each answer, which cost more than everything else that the proxy does. This reader passes on the pieces as they come. It is as
 * strict as Node's: what two readers could understand differently is refused.
 */
export interface AnswerReader {
  /** The next answer is to a request of this method. */
  begin(method: string): void;
  /** Throws `MalformedAnswer`. The bytes are the caller's again when it returns. */
  read(bytes: Buffer): void;
  /** The program sends no more. An answer without a length ends with its connection. */
  end(): void;
}

export interface AnswerHead {
  readonly status: number;
  readonly message: string;
  /** Names in lower case and values in turn. */
  readonly headers: readonly string[];
  readonly connection: string | undefined;
  readonly length: Length;
  /** The program takes a further request on this connection. */
  readonly keepsAlive: boolean;
}

interface AnswerSink {
  head(head: AnswerHead): void;
  /** With `isLast` the answer is whole; the piece may be empty then. It must be copied to be kept. */
  piece(bytes: Buffer, isLast: boolean): void;
  /** Bytes that belong to no answer. */
  excess(): void;
}

export class MalformedAnswer extends Error {}

/** As much as Node reads of a request. */
const MOST_HEAD_BYTES = 16 * 1024;
/** Of a line that gives the size of a chunk. */
const MOST_LINE_BYTES = 1024;
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');
const NOTHING = Buffer.alloc(0);

/** What is read next, and how many bytes of it. A line ends a chunk, gives the size of one, or is a header behind the last one. */
type Part = 'head' | 'fixed' | 'until close' | 'size' | 'chunk' | 'line end' | 'trailer' | 'over';

export function createAnswerReader(sink: AnswerSink): AnswerReader {
  let part: Part = 'over';
  let left = 0;
  let method = '';
  const until = createCutter();

  function finish(bytes: Buffer): void {
    part = 'over';
    sink.piece(bytes, true);
  }

  function readHead(bytes: Buffer): Buffer {
    const found = until(HEAD_END, MOST_HEAD_BYTES, bytes);
    if (!found) return NOTHING;
    const head = parseHead(found.text, method);
    const { length } = head;
    if (head.status === 101) throw new MalformedAnswer('Nobody asked for another protocol.');
    // Interim answers, such as 103, are for the one who asked, which is this server.
    if (head.status < 200) return found.rest;
    if (typeof length === 'number') left = length;
    part = typeof length === 'number' ? 'fixed' : length === 'chunked' ? 'size' : length;
    sink.head(head);
    if (part === 'fixed' && left === 0) finish(NOTHING);
    return found.rest;
  }

  function readFixed(bytes: Buffer): Buffer {
    const piece = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= piece.length;
    const rest = bytes.subarray(piece.length);
    if (part === 'fixed' && left === 0) finish(piece);
    else sink.piece(piece, false);
    if (part === 'chunk' && left === 0) part = 'line end';
    return rest;
  }

  function readLine(bytes: Buffer): Buffer {
    const found = until(LINE_END, MOST_LINE_BYTES, bytes);
    if (!found) return NOTHING;
    const { text, rest } = found;
    if (part === 'line end') {
      if (text !== '') throw new MalformedAnswer('A chunk is longer than its size.');
      part = 'size';
    } else if (part === 'size') {
      left = sizeOf(text);
      part = left === 0 ? 'trailer' : 'chunk';
    } else if (text === '') finish(NOTHING);
    return rest;
  }

  function readUntilClose(bytes: Buffer): Buffer {
    sink.piece(bytes, false);
    return NOTHING;
  }

  const readers: Readonly<Record<Exclude<Part, 'over'>, (bytes: Buffer) => Buffer>> = {
    head: readHead,
    fixed: readFixed,
    chunk: readFixed,
    'until close': readUntilClose,
    size: readLine,
    'line end': readLine,
    trailer: readLine,
  };
  return {
    begin(asked) {
      part = 'head';
      method = asked;
    },
    read(bytes) {
      let rest = bytes;
      while (rest.length > 0 && part !== 'over') rest = readers[part](rest);
      if (rest.length > 0) sink.excess();
    },
    end() {
      if (part === 'until close') finish(NOTHING);
    },
  };
}

/** Cuts off what ends with a mark. The beginning is kept until its end comes: then there is nothing yet. */
function createCutter() {
  let held: Buffer = NOTHING;
  return (mark: Buffer, most: number, bytes: Buffer): { text: string; rest: Buffer } | null => {
    const all = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    const end = all.indexOf(mark);
    if ((end === -1 ? all.length : end) > most)
      throw new MalformedAnswer('A head or line of the answer is too long.');
    held = end === -1 ? Buffer.from(all) : NOTHING;
    return end === -1
      ? null
      : { text: all.toString('latin1', 0, end), rest: all.subarray(end + mark.length) };
  };
}

/** In bytes, or how the end is told otherwise. */
type Length = number | 'chunked' | 'until close';

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** Written with few objects, because it is most of what a small answer costs here. */
function parseHead(text: string, method: string): AnswerHead {
  const start = text.indexOf('\r\n');
  const line = STATUS_LINE.exec(start === -1 ? text : text.slice(0, start));
  if (line === null) throw new MalformedAnswer('The answer does not begin as one of HTTP/1.1.');
  const headers = start === -1 ? [] : parseHeaders(text, start + 2);
  const status = Number(line[2]);
  const connection = joinedOf(headers, 'connection');
  const isOpen = line[1] === '1' ? !names(connection, 'close') : names(connection, 'keep-alive');
  const announced = lengthOf(headers);
  const length = method === 'HEAD' || status === 204 || status === 304 ? 0 : announced;
  const keepsAlive = isOpen && length !== 'until close';
  return { status, message: line[3] ?? '', headers, connection, length, keepsAlive };
}

/** A name must follow the standard, with no space before its colon: what another reader would take for a further header is refused. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** Among them what another reader would take for the end of a line. */
const CONTROLS = /[^\t\x20-\x7e\x80-\xff]/;

function parseHeaders(text: string, from: number): string[] {
  const headers: string[] = [];
  for (let at = from, end = from; end < text.length; at = end + 2) {
    end = text.indexOf('\r\n', at);
    if (end === -1) end = text.length;
    const colon = text.indexOf(':', at);
    const name = text.slice(at, Math.max(at, colon)).toLowerCase();
    const value = trimmed(text, colon + 1, end);
    if (colon > end || !NAME.test(name) || CONTROLS.test(value))
      throw new MalformedAnswer('A header of the answer has no proper name or value.');
    headers.push(name, value);
  }
  return headers;
}

/** All values of that name. */
function joinedOf(headers: readonly string[], wanted: string): string | undefined {
  let joined: string | undefined;
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index] === wanted)
      joined = joined === undefined ? headers[index + 1] : `${joined}, ${headers[index + 1] ?? ''}`;
  return joined;
}

const SPACE = 0x20;
const TAB = 0x09;

/** Spaces and tabs only: other white space belongs to the value. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
function lengthOf(headers: readonly string[]): Length {
  const length = joinedOf(headers, 'content-length');
  const coding = joinedOf(headers, 'transfer-encoding');
  if (coding === undefined && length === undefined) return 'until close';
  // Several values were joined, and are neither of both.
  if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== 'chunked'))
    throw new MalformedAnswer(
      'The answer has a transfer coding that is not known here, or a length with it.',
    );
  if (length === undefined) return 'chunked';
  if (!/^\d{1,15}$/.test(length)) throw new MalformedAnswer('The length of the answer is no single number.');
  return Number(length);
}

function names(connection: string | undefined, wanted: string): boolean {
  if (connection === undefined) return false;
  if (connection === wanted) return true;
  if (connection === 'keep-alive') return false;
  return connection.split(',').some((name) => name.trim().toLowerCase() === wanted);
}

/** A chunk may have extensions behind its size, which mean nothing here. */
function sizeOf(line: string): number {
  const size = /^([0-9a-f]{1,12})[ \t]*(?:;[^]*)?$/i.exec(line)?.[1];
  if (size === undefined) throw new MalformedAnswer('A chunk of the answer has no proper size.');
  return Number.parseInt(size, 16);
}
