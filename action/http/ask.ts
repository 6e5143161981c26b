import { ERROR_STATUS, type ErrorCode, messageOf, VitrineError } from '../../src/shared/errors.js';
import type { HttpAnswer, HttpRequest } from './exchange.js';
import { parseJson, textAt } from './json.js';
import { Retriable, retryAfter } from './retriable.js';
import type { World } from './world.js';

type Question = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'onSent'> & {
  readonly signal: AbortSignal;
  readonly body?: Uint8Array;
  /** Advice for the case that another server answers. */
  readonly remedy?: string;
};

const ANSWER_BYTES = 16 * 1024 * 1024;

const IDLE_MS = 60_000;

const TEMPORARY: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** One request to a JSON API. Throws `Retriable` for a failure that can pass, `VitrineError` for a refusal. */
export async function ask(world: Pick<World, 'http' | 'now'>, question: Question): Promise<unknown> {
  const { method, url, remedy = '' } = question;
  const answer = await reach(world, question);
  if (answer.status >= 200 && answer.status < 300) {
    if (answer.body === '') return null;
    const parsed = parseJson(answer.body);
    if (parsed !== undefined) return parsed;
    const { host } = new URL(url);
    throw new Retriable(withRemedy(`${host} did not answer with JSON.`, remedy), { waitMs: null });
  }
  const message = explain({ method, url, answer, remedy });
  if (TEMPORARY.includes(answer.status)) {
    const waitMs = retryAfter(answer.headers['retry-after'], world.now());
    // A server that enforces a limit is available.
    const code = answer.status === 429 ? 'too_many_requests' : 'unavailable';
    throw new Retriable(message, { waitMs, code });
  }
  throw new VitrineError(codeOf(answer), message);
}

async function reach(world: Pick<World, 'http'>, question: Question): Promise<HttpAnswer> {
  const headers = { accept: 'application/json', 'user-agent': 'vitrine-action', ...question.headers };
  try {
    return await world.http.exchange({ ...question, headers, bodyLimit: ANSWER_BYTES, idleMs: IDLE_MS });
  } catch (cause) {
    question.signal.throwIfAborted();
    const { host } = new URL(question.url);
    const reason = messageOf(cause);
    throw new Retriable(`no answer from ${host} (${reason || 'connection refused'}).`, {
      waitMs: null,
      cause,
    });
  }
}

function codeOf({ status, body }: HttpAnswer): ErrorCode {
  const code = textAt(parseJson(body), 'error', 'code');
  const codes = Object.keys(ERROR_STATUS) as ErrorCode[];
  return (
    codes.find((known) => known === code) ??
    codes.find((known) => ERROR_STATUS[known] === status) ??
    'bad_gateway'
  );
}

interface Refusal {
  readonly method: string;
  readonly url: string;
  readonly answer: HttpAnswer;
  readonly remedy: string;
}

/** The message in the answer, if it has the form of a Vitrine error; else the host and the status. */
function explain({ method, url, answer, remedy }: Refusal): string {
  const message = textAt(parseJson(answer.body), 'error', 'message');
  if (message !== null) return message;
  const { host } = new URL(url);
  const { status, headers } = answer;
  const redirect =
    status >= 300 && status < 400 && headers.location
      ? ` and redirects to ${headers.location.slice(0, 200)}`
      : '';
  return withRemedy(
    `${method} ${host} answered HTTP ${String(status)}${redirect}.`,
    status < 500 ? remedy : '',
  );
}

function withRemedy(message: string, remedy: string): string {
  return remedy === '' ? message : `${message} ${remedy}`;
}
