import type { IncomingMessage } from 'node:http';
import { types } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import { tooLarge, tooSlow } from './body.js';

export interface StreamRules {
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
