import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Incoming {
  readonly method: string;
  readonly url: URL;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly token: string | undefined;
  /** Parsed JSON; undefined = no body. */
  readonly body: unknown;
}

export async function readIncoming(message: IncomingMessage, base: string): Promise<Incoming> {
  const bytes = await buffer(message);
  const { accept, authorization } = message.headers;
  return {
    method: message.method ?? 'GET',
    url: new URL(message.url ?? '/', base),
    accept,
    ifNoneMatch: message.headers['if-none-match'],
    token: authorization?.replace(/^(bearer|token)\s+/i, ''),
    body: bytes.length === 0 ? undefined : parse(bytes.toString(), message.headers['content-type']),
  };
}

function parse(text: string, type: string | undefined): unknown {
  if (type?.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
