import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

export type Coding = 'br' | 'gzip';

/** A shorter answer fits into one packet with its headers. */
const LEAST = 1_024;

/** As good as gzip at its best, in a part of the time: an answer is compressed while its reader waits. */
const BROTLI_QUALITY = 4;

const brotli = promisify(brotliCompress);
const zipped = promisify(gzip);

/** Text and JSON become a quarter of their length; pictures and archives are compressed already. */
export function isCompressible(contentType: string, length: number): boolean {
  return length > LEAST && /^(?:text\/html|application\/(?:[\w.]+\+)?json)\b/.test(contentType);
}

/** What the client takes, the better one where it takes both; undefined for neither. */
export function codingFor(acceptEncoding: string | undefined): Coding | undefined {
  const taken = (acceptEncoding ?? '').split(',').filter((one) => !/;\s*q=0(?:\.0*)?\s*$/.test(one));
  const names = taken.map((one) => one.split(';', 1)[0]?.trim().toLowerCase());
  return (['br', 'gzip'] as const).find((coding) => names.includes(coding));
}

export function compress(text: string, coding: Coding): Promise<Buffer> {
  if (coding === 'gzip') return zipped(text);
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
  };
  return brotli(text, { params });
}
