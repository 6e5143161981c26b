import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VitrineError } from '../../src/shared/errors.js';
import { MIB } from '../../src/uploads/limits.js';
import type { ByteRange } from '../../src/uploads/store.js';
import type { ReadyResponse } from './ready-response.js';
import type { RepresentPorts } from './represent.js';
import { writeHead } from './write-head.js';

export interface BodyAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly ready: ReadyResponse;
  readonly hash: string;
  readonly status: number;
  readonly head: readonly string[];
  readonly extra: readonly string[];
  readonly range: ByteRange | null;
}

/** Files up to this size are kept in memory whole; larger ones are read in pieces each time. */
const HOT_BYTES = 4 * MIB;

/** Head and body. The head waits for the body, so that a file that cannot be read is an error and not a broken answer. */
export function sendBody(ports: RepresentPorts, answer: BodyAnswer): Promise<void> | undefined {
  const { request, response, ready } = answer;
  if (request.method === 'HEAD') {
    writeHead(response, answer);
    response.end();
    return undefined;
  }
  const body = ports.bodies.get(ready.bodyKey);
  if (body !== undefined) {
    finish(answer, body);
    return undefined;
  }
  if (ready.encoding === 'identity' && ready.length > HOT_BYTES) return sendLarge(ports, answer);
  return loadBody(ports, answer).then((bytes) => finish(answer, bytes));
}

function finish(answer: BodyAnswer, bytes: Buffer): void {
  const { response, range } = answer;
  writeHead(response, answer);
  response.end(range === null ? bytes : bytes.subarray(range.start, range.end + 1));
}

async function sendLarge({ blobs }: RepresentPorts, answer: BodyAnswer): Promise<void> {
  const { response, hash, ready, range } = answer;
  if ((await blobs.size(hash)) !== ready.length) throw damaged();
  writeHead(response, answer);
  await pipeline(Readable.from(blobs.read(hash, range ?? undefined)), response);
}

async function loadBody({ blobs, bodies }: RepresentPorts, { ready, hash }: BodyAnswer): Promise<Buffer> {
  const { encoding, bodyKey, length } = ready;
  const bytes = encoding === 'identity' ? await blobs.readAll(hash) : await blobs.encoded(hash, encoding);
  if (bytes?.length !== length) throw damaged();
  if (length <= HOT_BYTES) bodies.set(bodyKey, bytes);
  return bytes;
}

function damaged(): VitrineError {
  return new VitrineError('not_found', 'A file of this preview is not as it was uploaded: deploy again.');
}
