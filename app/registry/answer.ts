import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { REGISTRY_ERROR_STATUS, RegistryError } from '../../src/images/registry-error.js';
import { type ErrorCode, ERROR_STATUS, isVitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';
import { SECURITY_HEADERS } from '../http/respond.js';

type Headers = Readonly<Record<string, string | number>>;

/** Clients look for this header to recognise a registry. */
export const REGISTRY_HEADERS = {
  ...SECURITY_HEADERS,
  'docker-distribution-api-version': 'registry/2.0',
} as const;

export function answer(
  response: ServerResponse,
  { status, headers = {}, body = '' }: { status: number; headers?: Headers; body?: string | Buffer },
): void {
  const length =
    status === 204 || 'content-length' in headers ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...REGISTRY_HEADERS, ...length, ...headers });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

export function answerJson(
  response: ServerResponse,
  { status = 200, headers = {}, value }: { status?: number; headers?: Headers; value: unknown },
): void {
  const type = { 'content-type': 'application/json' };
  answer(response, { status, headers: { ...type, ...headers }, body: JSON.stringify(value) });
}

/** Our codes in the words of the specification. */
const CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  not_found: 'BLOB_UNKNOWN',
  unprocessable: 'DIGEST_INVALID',
  too_large: 'SIZE_INVALID',
  bad_request: 'BLOB_UPLOAD_INVALID',
  disk_full: 'DENIED',
};

/** An error in the form of the specification, which clients show to people. */
export function answerError(response: ServerResponse, { error, log }: { error: unknown; log: Log }): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message, headers } = described(error, log);
  answerJson(response, { status, headers, value: { errors: [{ code, message }] } });
}

function described(
  error: unknown,
  log: Log,
): { status: number; code: string; message: string; headers: Headers } {
  if (error instanceof RegistryError) {
    const { code, message, headers } = error;
    return { status: REGISTRY_ERROR_STATUS[code], code, message, headers };
  }
  const requestId = randomBytes(8).toString('hex');
  const known = isVitrineError(error) ? error : null;
  const status = known ? ERROR_STATUS[known.code] : 500;
  if (status >= 500) log('error', 'a request of the registry failed', { requestId, error });
  const message =
    known?.message ?? `Something went wrong here. The log of the server has more under ${requestId}.`;
  const headers = status === 503 ? { 'retry-after': '5' } : {};
  return { status, code: (known && CODES[known.code]) ?? 'UNKNOWN', message, headers };
}
