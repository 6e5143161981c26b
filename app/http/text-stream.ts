import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SECURITY_HEADERS } from './respond.js';

/**
 * Writes a text as it is read, as fast as the client takes it. When reading fails in the middle, the connection is cut: the client must not
 * take a part for the whole.
 */
export async function sendText(
  response: ServerResponse,
  { headers, parts }: { headers: Readonly<Record<string, string>>; parts: AsyncIterable<string> },
): Promise<void> {
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    ...headers,
  });
  if (response.req.method === 'HEAD') return void response.end();
  await pipeline(Readable.from(parts), response);
}
