import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_STATUS, isVitrineError, VitrineError } from '../../src/shared/errors.js';

/** What a page contains: its style and its script, and where its forms may be sent to. */
interface PageContent {
  readonly style?: string;
  readonly script?: string;
  readonly formAction?: readonly string[];
}

/** The Content-Security-Policy of an answer. Style and script are allowed by their hashes, so nothing else can be added to a page. */
export function contentSecurityPolicy({ style, script, formAction = ["'none'"] }: PageContent = {}): string {
  return [
    "default-src 'none'",
    ...(style === undefined ? [] : [`style-src '${sourceHash(style)}'`, 'img-src data:']),
    // Our scripts ask only their own server whether something changed.
    ...(script === undefined ? [] : [`script-src '${sourceHash(script)}'`, "connect-src 'self'"]),
    "base-uri 'none'",
    `form-action ${formAction.join(' ')}`,
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Of the pages that load their style and scripts from this server, and nothing from anywhere else. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  // Sign-in and the installation of the App lead to GitHub.
  "form-action 'self' https://github.com",
  "frame-ancestors 'none'",
].join('; ');

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
}

/** Headers of every answer of the App. Previews have their own, which allow more. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy(),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Browsers ignore it over plain http, so it does not disturb a server on localhost.
  'strict-transport-security': 'max-age=31536000',
  'cache-control': 'no-store',
};

export interface Answer {
  readonly status: number;
  /** Sent as JSON, except a string, which is sent unchanged. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie`. */
  readonly cookies?: readonly string[];
}

/** An answer in the form of `writeHead`: names and values of the headers in turn. */
interface PreparedAnswer {
  readonly status: number;
  readonly head: readonly string[];
  readonly text: string;
}

export function respond(response: ServerResponse, answer: Answer): void {
  sendPrepared(response, prepareAnswer(answer));
}

/** Separate from sending, for answers that are prepared once and sent often. */
export function prepareAnswer({ status, body, headers = {} }: Answer): PreparedAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = {
    ...SECURITY_HEADERS,
    'content-type':
      typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  };
  return { status, head: Object.entries(all).flat(), text };
}

export function sendPrepared(response: ServerResponse, { status, head, text }: PreparedAnswer): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, head as string[]);
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

const LINGER_MS = 1_000;

/** Reads and drops the rest of a body for a moment. If the socket closed at once, the client could not read the answer. */
export function discardBody(request: IncomingMessage): void {
  request.on('error', () => undefined).resume();
  setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS).unref();
}

const RETRY_AFTER: Readonly<Partial<Record<number, string>>> = { 429: '60', 503: '5' };

/** The one place where an error becomes an answer. Only messages of a `VitrineError` are sent; they are written for people. */
export function errorAnswer(error: unknown, requestId: string): Answer {
  const { code, message, retryAfterSeconds } = toPublicError(error);
  const status = ERROR_STATUS[code];
  const retryAfter = retryAfterSeconds === undefined ? RETRY_AFTER[status] : String(retryAfterSeconds);
  return {
    status,
    body: { error: { code, message, requestId } },
    headers: { 'x-request-id': requestId, ...(retryAfter && { 'retry-after': retryAfter }) },
  };
}

/** True for errors that the operator must see in the log; the caller can repair all others. */
export function isOurFault(error: unknown): boolean {
  return ERROR_STATUS[toPublicError(error).code] >= 500;
}

function toPublicError(error: unknown): VitrineError {
  if (isVitrineError(error)) return error;
  return new VitrineError(
    'internal',
    'Something went wrong here. The log of the server has more under this request id.',
  );
}
