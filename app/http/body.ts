import type { IncomingMessage } from 'node:http';
import { VitrineError } from '../../src/shared/errors.js';
import type { BodyBudget } from './body-budget.js';

export interface BodyRules {
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

export function tooLarge(maxBytes: number): VitrineError {
  return new VitrineError(
    'too_large',
    `The body is larger than the ${maxBytes} bytes that are allowed here.`,
  );
}

export function tooSlow(): VitrineError {
  return new VitrineError('bad_request', 'The body came too slowly. Send it again.');
}
