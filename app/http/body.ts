import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { types } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import type { BodyBudget } from './body-budget.js';

interface BodyRules {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly budget: BodyBudget;
}

/** The whole body as it came over the wire: limited by what it says it is, by what it is, and in time. */
export function readBody(request: IncomingMessage, rules: BodyRules): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > rules.maxBytes) {
    return Promise.reject(tooLarge(rules.maxBytes));
  }
  const body = collect(rules);
  return new Promise((resolve, reject: (error: unknown) => void) => {
    // At once, not by a promise: 'close' follows 'end' in the same turn, and would take a whole body for one that was cut.
    const over = () => {
      clearTimeout(timer);
      body.release();
      request.off('data', take).off('end', finish).off('close', cut);
    };
    const fail = (error: unknown) => {
      over();
      reject(error);
    };
    const take = (chunk: Buffer) => {
      try {
        body.add(chunk);
      } catch (error) {
        fail(error);
      }
    };
    const finish = () => {
      over();
      resolve(body.whole());
    };
    const cut = () =>
      fail(new VitrineError('bad_request', 'The request ended before its body was complete.'));
    const timer = setTimeout(() => fail(tooSlow()), rules.timeoutMs);
    request.on('data', take).on('end', finish).on('close', cut).on('error', ignore);
  });
}

/** 'close' follows and says the same. Without a listener, an error after the end would take the process down. */
function ignore(): void {
  return undefined;
}

function collect({ maxBytes, budget }: BodyRules) {
  const share = budget.open();
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add(chunk: Buffer): void {
      size += chunk.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      share.add(chunk.length);
      chunks.push(chunk);
    },
    whole(): Buffer {
      const [first] = chunks;
      return first && chunks.length === 1 ? first : Buffer.concat(chunks, size);
    },
    release: share.release,
  };
}

function tooLarge(maxBytes: number): VitrineError {
  return new VitrineError(
    'too_large',
    `The body is larger than the ${maxBytes} bytes that are allowed here.`,
  );
}

function tooSlow(): VitrineError {
  return new VitrineError('bad_request', 'The body came too slowly. Send it again.');
}

interface StreamRules {
  readonly maxBytes: number;
  /** The longest silence: an upload may take long, but it must go on. */
  readonly idleMs: number;
}

/** The body as it arrives, read no faster than it is used. */
export async function* streamBody(request: IncomingMessage, rules: StreamRules): AsyncGenerator<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > rules.maxBytes) throw tooLarge(rules.maxBytes);
  let size = 0;
  let silent = false;
  const hush = () => {
    silent = true;
    request.destroy();
  };
  request.setTimeout(rules.idleMs, hush);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > rules.maxBytes) throw tooLarge(rules.maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw silent ? tooSlow() : cutOff(error);
  } finally {
    request.setTimeout(0);
  }
}

function cutOff(error: unknown): unknown {
  const aborted = types.isNativeError(error) && 'code' in error && error.code === 'ECONNRESET';
  return aborted
    ? new VitrineError('bad_request', 'The request ended before its body was complete.', { cause: error })
    : error;
}

/** A form on a foreign page can send text, never these types. */
export function requireType({ headers }: IncomingMessage, type: string): void {
  const given = headers['content-type'];
  const coded = headers['content-encoding'] ?? 'identity';
  if ((given === type || bare(given) === type) && coded === 'identity') return;
  throw new VitrineError('unsupported_media_type', `Send the body as ${type}, without a content encoding.`);
}

function bare(type: string | undefined): string | undefined {
  return type?.split(';', 1)[0]?.trim().toLowerCase();
}

const MAX_DEPTH = 64;

/** JSON from a stranger: real UTF-8, no byte order mark, no towers of brackets. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new VitrineError('bad_request', 'The body is empty: send a JSON object.');
  if (!isUtf8(bytes)) throw new VitrineError('bad_request', 'The body is not UTF-8.');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new VitrineError('bad_request', 'The body is not JSON.');
  }
}

/** Counts with a list of its own: a tower must not take the stack down while it is measured. */
export function refuseDeep(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH)
      throw new VitrineError('bad_request', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
}
