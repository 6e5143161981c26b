import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { types } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import type { BodyBudget } from './body-budget.js';
import { callerAddress } from './hosts.js';

interface BodyRules {
  readonly maxBytes: number;
  /** The last chunk must come within this time. */
  readonly timeoutMs: number;
  /** The longest pause between two chunks. */
  readonly idleMs: number;
  readonly budget: BodyBudget;
}

/** The whole body, with limits for its declared length, its real length, the time it takes and its pauses. */
export function readBody(request: IncomingMessage, rules: BodyRules): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > rules.maxBytes) {
    return Promise.reject(tooLarge(rules.maxBytes));
  }
  return new Promise((resolve, reject: (error: unknown) => void) => {
    // Without a promise in between: 'close' follows 'end' in the same turn, and would make a complete body look cut off.
    const over = () => {
      clearTimeout(pause);
      body.release();
      request.off('data', take).off('end', finish).off('close', cut);
    };
    const fail = (error: unknown) => {
      over();
      reject(error);
    };
    const body = collect(rules, { address: () => callerAddress(request), evict: fail });
    const begun = performance.now();
    const take = (chunk: Buffer) => {
      pause.refresh();
      try {
        if (performance.now() - begun > rules.timeoutMs) throw tooSlow();
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
    const pause = setTimeout(() => fail(tooSlow()), rules.idleMs);
    request.on('data', take).on('end', finish).on('close', cut).on('error', ignore);
  });
}

/** 'close' follows and reports the failure. Without a listener, an error after the end would crash the process. */
function ignore(): void {
  return undefined;
}

function collect({ maxBytes, budget }: BodyRules, sender: Parameters<BodyBudget['open']>[0]) {
  const share = budget.open(sender);
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
  /** The longest pause between two chunks. An upload may take long, but it must not stall. */
  readonly idleMs: number;
}

/** The body as a stream with back-pressure: it is read as fast as it is used. */
export async function* streamBody(request: IncomingMessage, rules: StreamRules): AsyncGenerator<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > rules.maxBytes) throw tooLarge(rules.maxBytes);
  let size = 0;
  let stalled = false;
  const stop = () => {
    stalled = true;
    request.destroy();
  };
  request.setTimeout(rules.idleMs, stop);
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > rules.maxBytes) throw tooLarge(rules.maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw stalled ? tooSlow() : cutOff(error);
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

/** Protects against forms on other sites: a browser sends these types only after asking the server. */
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

/** JSON of an untrusted sender: it must be valid UTF-8 without a byte order mark. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw new VitrineError('bad_request', 'The body is empty: send a JSON object.');
  if (!isUtf8(bytes)) throw new VitrineError('bad_request', 'The body is not UTF-8.');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new VitrineError('bad_request', 'The body is not JSON.');
  }
}

/** Measures the depth level by level and without recursion, so that deep nesting cannot overflow the stack. */
export function refuseDeep(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH)
      throw new VitrineError('bad_request', `The body is nested deeper than ${MAX_DEPTH} levels.`);
    level = below(level);
  }
}

/** What is inside these values. One value that holds nothing stands for all of them: a batch of log lines has thousands. */
function below(level: readonly unknown[]): unknown[] {
  const inner: unknown[] = [];
  let flat: readonly unknown[] = [];
  for (const item of level) {
    if (typeof item !== 'object' || item === null) continue;
    for (const value of Object.values(item) as unknown[]) {
      if (typeof value === 'object' && value !== null) inner.push(value);
      else flat = FLAT;
    }
  }
  return inner.length > 0 ? inner : [...flat];
}

const FLAT = [null];
