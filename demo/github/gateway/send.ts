import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { ApiReply } from './reply.js';

/** GitHub's headers around a reply; a GET that did not change since costs a 304, which no limit counts. */
export function sendReply(response: ServerResponse, reply: ApiReply, ifNoneMatch?: string): void {
  const text = reply.body === undefined ? '' : bodyOf(reply.body);
  const etag = `W/"${createHash('sha256').update(text).digest('hex')}"`;
  const isUnchanged = reply.status === 200 && ifNoneMatch === etag;
  const standard = {
    'content-type': 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    'x-github-request-id': randomUUID(),
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
    'x-ratelimit-resource': 'core',
    ...(reply.status === 200 ? { etag } : {}),
  };
  response.writeHead(isUnchanged ? 304 : reply.status, { ...standard, ...reply.headers });
  response.end(isUnchanged ? '' : text);
}

/** Text and bytes stay as they are: raw file contents, and pictures. */
function bodyOf(body: unknown): string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}
