import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SECURITY_HEADERS } from './respond.js';

interface Streamed<Part> {
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: AsyncIterable<Part>;
}

/** Writes a text as it is read. */
export function sendText(response: ServerResponse, { headers, parts }: Streamed<string>): Promise<void> {
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  return sendStream(response, { headers: { ...type, ...headers }, parts });
}

/**
 * Writes what is read, as fast as the client takes it. When reading fails in the middle, the connection is cut: the client must not take a
 * part for the whole.
 */
export async function sendStream(
  response: ServerResponse,
  { headers, parts }: Streamed<string | Uint8Array>,
): Promise<void> {
  response.writeHead(200, { ...SECURITY_HEADERS, ...headers });
  if (response.req.method === 'HEAD') return void response.end();
  await pipeline(Readable.from(parts), response);
}
