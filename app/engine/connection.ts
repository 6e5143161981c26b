import { type IncomingMessage, request as ask } from 'node:http';
import { request as askOverTls, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { errorCode, isVitrineError, VitrineError } from '../../src/shared/errors.js';
import type { EngineAddress } from './address.js';

/** The newest version of the API that this client was written for, and the oldest that has all that it needs. */
const OURS = '1.51';
const FLOOR = '1.40';

export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly content?: { readonly type: string; readonly bytes: AsyncIterable<Uint8Array> };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** How long the engine may take to begin its answer. */
  readonly patienceMs?: number;
}

export interface EngineConnection {
  /** Resolves when the engine answers with success; its body is read by the caller. */
  send(request: EngineRequest): Promise<IncomingMessage>;
  /** The answer as JSON. */
  read(request: EngineRequest): Promise<unknown>;
}

const PATIENCE_MS = 60_000;

/**
 * Speaks HTTP to the engine in the newest version that both know. The version is asked for again when the engine refuses it or was away:
 * it may have been updated meanwhile.
 */
export function connectEngine(address: EngineAddress): EngineConnection {
  let agreed: Promise<string> | null = null;
  const negotiate = async () => {
    const about = await valueIn(await exchange(address, { method: 'GET', path: '/version' }));
    return versionFor(Versions.parse(about));
  };
  const send = async (request: EngineRequest, again = true): Promise<IncomingMessage> => {
    const version = (agreed ??= negotiate());
    try {
      return await exchange(address, { ...request, path: `/v${await version}${request.path}` });
    } catch (error) {
      if (isAway(error) || isRefusedVersion(error)) agreed = agreed === version ? null : agreed;
      if (again && isRefusedVersion(error) && request.content === undefined) return send(request, false);
      throw error;
    }
  };
  return {
    send: (request) => send(request),
    read: async (request) => valueIn(await send(request)),
  };
}

async function valueIn(response: IncomingMessage): Promise<unknown> {
  return json(response).catch((error: unknown) => {
    throw away(error);
  });
}

/** The bytes of an answer. When the engine goes away in the middle, it is away as at the beginning. */
export async function* bytesOf(response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    signal.throwIfAborted();
    throw away(error);
  }
}

const Versions = z.object({ ApiVersion: z.string(), MinAPIVersion: z.string().optional() });

/** The lower one of both newest versions, when both know it. */
export function versionFor({ ApiVersion: theirs, MinAPIVersion: least = theirs }: z.infer<typeof Versions>) {
  if (isLower(theirs, FLOOR))
    throw new VitrineError(
      'unavailable',
      `The container engine is too old: it speaks version ${theirs} of the API, and this server needs ${FLOOR}. Update the engine.`,
    );
  if (isLower(OURS, least))
    throw new VitrineError(
      'unavailable',
      `The container engine is too new: it speaks version ${least} of the API or newer, and this server ${OURS}. Update this server.`,
    );
  return isLower(theirs, OURS) ? theirs : OURS;
}

function isLower(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major === otherMajor ? minor < otherMinor : major < otherMajor;
}

function isAway(error: unknown): boolean {
  return isVitrineError(error) && error.code === 'unavailable';
}

function isRefusedVersion(error: unknown): boolean {
  return isVitrineError(error) && /client version \S+ is too (old|new)/i.test(error.message);
}

/** One request on a connection of its own: a connection that is kept may end at the moment at which it is used again. */
async function exchange(address: EngineAddress, request: EngineRequest): Promise<IncomingMessage> {
  const response = await open(address, request);
  const { statusCode = 0 } = response;
  if (statusCode < 400) return response;
  throw refusal(statusCode, await messageIn(response));
}

async function open(address: EngineAddress, request: EngineRequest): Promise<IncomingMessage> {
  const { method, path, query = {}, body, content, headers, signal, patienceMs = PATIENCE_MS } = request;
  const search = Object.keys(query).length > 0 ? `?${String(new URLSearchParams(query))}` : '';
  const text = body === undefined ? undefined : JSON.stringify(body);
  const type = content?.type ?? (text === undefined ? undefined : 'application/json');
  const send = address.tls ? askOverTls : ask;
  const sent = send({
    ...placeOf(address),
    method,
    path: `${path}${search}`,
    headers: { host: 'docker', ...(type !== undefined && { 'content-type': type }), ...headers },
    agent: false,
    timeout: patienceMs,
    ...(signal && { signal }),
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', (response) => {
      sent.setTimeout(0);
      resolve(response);
    });
    sent.once('timeout', () => sent.destroy(new Error('timeout')));
    sent.on('error', reject);
  });
  answered.catch(() => undefined);
  try {
    if (!content) sent.end(text);
    // The engine may refuse content before it has read all of it: its reason says more than the broken connection.
    else await Promise.race([pipeline(Readable.from(content.bytes), sent), answered]);
    return await answered;
  } catch (error) {
    signal?.throwIfAborted();
    // The content could not be read: that is not the engine's failure.
    throw isVitrineError(error) ? error : away(error);
  }
}

function placeOf(address: EngineAddress): RequestOptions {
  if (address.socketPath !== undefined) return { socketPath: address.socketPath };
  const { host, port, tls } = address;
  if (!tls) return { host, port };
  // Otherwise the name in the header "host" would be looked for in the certificate.
  const servername = isIP(host) === 0 ? host : '';
  return { host, port, servername, ca: tls.ca, ...tls.client, rejectUnauthorized: true };
}

/** Neither an address nor a path is named: they may say more of the machine than people of a project may know. */
function away(cause: unknown): VitrineError {
  const code = errorCode(cause) ?? '';
  const reason = code === 'EACCES' ? NOT_ALLOWED : DISTRUST.test(code) ? DISTRUSTED : AWAY;
  return new VitrineError('unavailable', reason, { cause });
}

/** Codes of Node for a certificate that is not accepted, by this side or the other one. */
const DISTRUST = /CERT|^ERR_(?:SSL|TLS)|^UNABLE_TO_|^EPROTO$/;
const DISTRUSTED =
  'This server and the container engine do not accept the certificates of each other: the operator must correct the files in DOCKER_CERT_PATH, and DOCKER_HOST must be a name in the certificate of the engine.';

const AWAY =
  'The container engine does not answer. The operator of this server must start Docker, or correct DOCKER_HOST; then this is tried again.';
const NOT_ALLOWED =
  'This server may not use the container engine: the operator must add its user to the group of the socket (usually "docker"), or set DOCKER_HOST.';

const LONGEST = 500;

async function messageIn(response: IncomingMessage): Promise<string> {
  const answer = Refusal.safeParse(await json(response).catch(() => null));
  return (answer.data?.message ?? 'no reason').replace(/\s+/g, ' ').slice(0, LONGEST);
}

const Refusal = z.object({ message: z.string() });

interface Meaning {
  readonly when: RegExp;
  readonly code: 'conflict' | 'unprocessable' | 'disk_full';
}

/** The engine answers many failures with 500: what they are is in the sentence only. */
const MEANINGS: readonly Meaning[] = [
  { when: /no space left on device/i, code: 'disk_full' },
  { when: /port is already allocated|address already in use|all ports are allocated/i, code: 'conflict' },
  { when: /pool overlaps|overlaps with/i, code: 'conflict' },
  {
    when: /executable file not found|exec format error|no such file or directory|permission denied: unknown|is a directory/i,
    code: 'unprocessable',
  },
];

function refusal(status: number, message: string): VitrineError {
  const known = MEANINGS.find(({ when }) => when.test(message))?.code;
  const code = known ?? BY_STATUS[status] ?? (status < 500 ? 'unprocessable' : 'bad_gateway');
  return new VitrineError(code, `The container engine refused: ${message}`);
}

const BY_STATUS: Readonly<Record<number, 'not_found' | 'conflict' | undefined>> = {
  404: 'not_found',
  409: 'conflict',
};
