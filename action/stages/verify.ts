import { messageOf, VitrineError } from '../../src/shared/errors.js';
import { type HealthCheck, isHealthyStatus, timeoutOf } from '../../src/shared/health.js';
import { BYPASS_HEADER } from '../../src/shared/preview-access.js';
import { Retriable } from '../http/retriable.js';
import { retrying } from '../http/retry.js';
import type { World } from '../http/world.js';

interface VerifyInput {
  readonly url: string;
  readonly check: HealthCheck;
  /** Opens the preview when it is protected; null for a page that this server does not serve. */
  readonly bypassToken: string | null;
  readonly budgetMs: number;
  readonly log: (text: string) => void;
  readonly signal: AbortSignal;
}

const LONGEST_MS = 3_000;

/** Requests the page as a visitor does, until it gives a good answer. A redirect is one unless other statuses are asked for, and is not followed. */
export async function verify(
  world: World,
  { url, check, bypassToken, budgetMs, log, signal }: VerifyInput,
): Promise<undefined> {
  const page = pageOf(url, check.healthPath);
  let tries = 0;
  const attempt = (): Promise<number> => {
    tries += 1;
    return visit(world, { page, check, bypassToken, signal });
  };
  try {
    const status = await retrying(
      { ...world, print: log },
      {
        what: `Visiting ${page}`,
        budgetMs,
        signal,
        longestMs: LONGEST_MS,
        attempt,
      },
    );
    log(`${page} answers ${String(status)}.`);
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error;
    const seconds = Math.round(budgetMs / 1000);
    throw new VitrineError(
      'bad_gateway',
      `${page} did not become reachable in ${String(seconds)} s: ${lastReason(error)} It was tried ${timesText(tries)}. ` +
        'The inputs "health-path", "health-status", "health-timeout" and "wait-timeout" change what is asked, what is a good answer, and the time.',
      { cause: error },
    );
  }
}

interface Visit extends Pick<VerifyInput, 'check' | 'bypassToken' | 'signal'> {
  readonly page: string;
}

async function visit(world: World, { page, check, bypassToken, signal }: Visit): Promise<number> {
  const idleMs = timeoutOf(check);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(idleMs)]);
  const headers = {
    'user-agent': 'vitrine-action',
    accept: 'text/html,*/*',
    ...(bypassToken !== null && { [BYPASS_HEADER]: bypassToken }),
  };
  const request = { method: 'GET', url: page, headers, bodyLimit: 0, idleMs, signal: limited };
  const { status } = await world.http.exchange(request).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Retriable(`no answer (${messageOf(cause)}).`, {
      waitMs: null,
      cause,
    });
  });
  if (isHealthyStatus(check, status)) return status;
  throw new Retriable(`the answer was HTTP ${String(status)}.`, { waitMs: null });
}

function pageOf(url: string, path: string): string {
  const page = new URL(url);
  if (path !== '/') return new URL(path, page).href;
  return page.href;
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${String(count)} times`;
}

function lastReason(error: VitrineError): string {
  return error.cause instanceof Error ? error.cause.message : error.message;
}
