import type { ByteRange } from '../../src/uploads/store.js';

/**
 * The one range a request asks for. Null: serve the whole, because there is none, it is not in bytes, it is malformed, or there are
 * several (RFC 9110, 14.2 lets a server ignore them). 'none': no byte of the file is in it.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'none' | null {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'none' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'none' : { start, end };
}
