import type { IncomingMessage, ServerResponse } from 'node:http';
import { ALWAYS } from './ready-response.js';
import type { RenderedPage } from './wait-pages.js';
import { writeHead } from './write-head.js';

/** Sends one of our own pages on a preview host. It is never kept: what it says is about to change. */
export function sendPage(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  page: RenderedPage,
): undefined {
  const retry = page.retryAfter === null ? [] : ['retry-after', String(page.retryAfter)];
  const head = [
    ...['content-type', 'text/html; charset=utf-8', 'content-length', String(page.body.length)],
    ...['cache-control', 'no-store', 'content-security-policy', page.policy],
    ...retry,
    ...ALWAYS,
  ];
  writeHead(response, { status: page.status, head });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}
