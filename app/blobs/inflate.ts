import { pipeline } from 'node:stream';
import { createBrotliDecompress } from 'node:zlib';
import { errorCode, isVitrineError } from '../../src/shared/errors.js';
import { malformed } from '../../src/uploads/pack.js';

export interface Compressed {
  readonly source: AsyncIterable<Buffer>;
  /** Length of the compressed source, and of what it must unpack to. */
  readonly packed: number;
  readonly plain: number;
}

/** Unpacks brotli and stops at the first byte beyond what was declared: a bomb costs no more than an honest pack. */
export async function* inflate({ source, packed, plain }: Compressed): AsyncGenerator<Buffer> {
  let left = plain;
  const brotli = createBrotliDecompress();
  // The callback form never rejects by itself; the error reaches the loop below.
  pipeline(source, brotli, () => undefined);
  try {
    for await (const chunk of brotli as AsyncIterable<Buffer>) {
      left -= chunk.length;
      if (left < 0) throw malformed('it unpacks to more than it says');
      yield chunk;
    }
  } catch (error) {
    throw isZlibError(error) ? malformed('it is not valid brotli') : error;
  }
  if (left > 0) throw malformed('it unpacks to less than it says');
  if (brotli.bytesWritten < packed) throw malformed('something follows its compressed part');
}

/** https://nodejs.org/api/zlib.html: brotli names its errors after its own list, such as ERR__ERROR_FORMAT_PADDING_1. */
function isZlibError(error: unknown): boolean {
  return !isVitrineError(error) && /^(ERR_(_|BROTLI)|Z_)/.test(errorCode(error) ?? '');
}
