import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Operation } from '../../src/contract/operation.js';
import { isKeyed } from '../../src/contract/security.js';
import type { IdempotencyPorts, KeyState } from '../../src/people/idempotency.js';
import { isFinal, VitrineError } from '../../src/shared/errors.js';
import type { Tools } from '../../src/shared/tools.js';
import { type Answer, errorAnswer } from '../http/respond.js';
import { actorKey, type Caller } from './access.js';

type Ports = IdempotencyPorts & Pick<Tools, 'clock' | 'log'>;

interface Arrived {
  readonly operation: Operation;
  readonly request: IncomingMessage;
  readonly caller: Caller;
  /** As it was sent. */
  readonly body: unknown;
  readonly requestId: string;
}

const KEPT_MS = 24 * 60 * 60_000;

/** Longer than any of these requests takes, with all tries of a call of GitHub. */
const BUSY_MS = 2 * 60_000;

const BUSY_RETRY_SECONDS = 2;

/**
 * Carries a write of a person or an operator out once for each `Idempotency-Key`, and answers a repetition with the first answer. It
 * stands before all handlers, so none of them knows of it. An error that a repetition may not meet again is not kept.
 * https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export async function once(ports: Ports, arrived: Arrived, perform: () => Promise<Answer>): Promise<Answer> {
  const { caller } = arrived;
  const key = keyOf(arrived);
  if (key === undefined || (caller.kind !== 'operator' && caller.kind !== 'user')) return perform();
  const keyed = { id: hash([actorKey(caller), key]), request: hashOf(arrived) };
  const secret = secretOf(arrived.request, key);
  const now = ports.clock.now();
  const later = (ms: number) => new Date(now.getTime() + ms);
  const times = { now, busyUntil: later(BUSY_MS), expiresAt: later(KEPT_MS) };
  const state = await ports.idempotency.begin(keyed, times);
  if (state.kind !== 'begun') return repeated(state, { id: keyed.id, secret });
  const kept = { id: keyed.id, owner: state.owner, secret };
  try {
    const answer = await perform();
    await keep(ports, { ...kept, answer });
    return answer;
  } catch (error) {
    if (isFinal(error)) await keep(ports, { ...kept, answer: errorAnswer(error, arrived.requestId) });
    else await ports.idempotency.release(kept.id, kept.owner).catch(() => undefined);
    throw error;
  }
}

/** Uploads and reports of a run say by their content what they are a repetition of. */
function keyOf({ operation, request }: Arrived): string | undefined {
  const given = request.headers['idempotency-key'];
  if (given === undefined || !isKeyed(operation)) return undefined;
  const key = String(given);
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new VitrineError(
    'bad_request',
    'The Idempotency-Key header must be 1 to 255 visible ASCII characters without spaces, such as a UUID.',
  );
}

function hashOf({ operation, request, body }: Arrived): string {
  return hash([operation.method, request.url ?? '', JSON.stringify(body) ?? '']);
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

type Repeated = Exclude<KeyState, { kind: 'begun' }>;

function repeated(state: Repeated, { id, secret }: { id: string; secret: string }): Answer {
  if (state.kind === 'answered') {
    const { status, body, headers = {} } = unseal(state.answer, { id, secret });
    return { status, body, headers: { ...headers, 'idempotent-replayed': 'true' } };
  }
  if (state.kind === 'busy')
    throw new VitrineError(
      'conflict',
      'A request with this Idempotency-Key is being carried out. Send it again in a moment.',
      { retryAfterSeconds: BUSY_RETRY_SECONDS },
    );
  throw new VitrineError(
    'unprocessable',
    'This Idempotency-Key was used for another request in the last 24 hours. Use a new key for a new request.',
  );
}

interface Kept {
  readonly id: string;
  readonly owner: string;
  readonly secret: string;
  readonly answer: Answer;
}

/** The request was carried out, so the client gets its answer even if it cannot be kept. */
async function keep({ idempotency, log }: Ports, { id, owner, secret, answer }: Kept): Promise<void> {
  await idempotency.answer(id, { owner, answer: seal(answer, { id, secret }) }).catch((error: unknown) => {
    log('warn', 'The answer to an idempotency key could not be kept', { error });
  });
}

/**
 * An answer may hold a secret that is shown once, such as a new token. So it is sealed with the key and the credential of the client, of
 * which the database has hashes only.
 */
function secretOf({ headers }: IncomingMessage, key: string): string {
  return JSON.stringify([headers.authorization ?? headers.cookie ?? '', key]);
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

function cipherKey({ id, secret }: { id: string; secret: string }): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, id, 'vitrine idempotency', 32));
}

function seal({ status, body, headers }: Answer, by: { id: string; secret: string }): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, cipherKey(by), iv);
  const text = JSON.stringify({ status, body, headers: withoutRequestId(headers) });
  return Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function withoutRequestId({ 'x-request-id': _id, ...headers }: Record<string, string> = {}) {
  return headers;
}

function unseal(sealed: Uint8Array, by: { id: string; secret: string }): Answer {
  const bytes = Buffer.from(sealed);
  const end = bytes.length - TAG_BYTES;
  try {
    const decipher = createDecipheriv(CIPHER, cipherKey(by), bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(end));
    const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, end)), decipher.final()]);
    return JSON.parse(text.toString('utf8')) as Answer;
  } catch (cause) {
    throw new VitrineError(
      'conflict',
      'This request was carried out already, and its answer can be opened only with the token or session that sent it.',
      { cause },
    );
  }
}
