import { errorCode } from '../shared/errors.js';
import type { Run } from './target.js';

interface Waiting {
  /** Such as http://127.0.0.1:30001. */
  readonly origin: string;
  readonly healthPath: string;
  readonly patienceMs: number;
  /** Whether there is still something to wait for. */
  readonly runs: () => Promise<boolean>;
}

export type Waited =
  | { readonly kind: 'healthy'; readonly status: number }
  | { readonly kind: 'ended' }
  /** What came instead, as the end of a sentence. */
  | { readonly kind: 'late'; readonly last: string };

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const ONE_REQUEST_MS = 10_000;

/** Asks a program that was just started until it answers with 2xx or 3xx, has ended, or took too long. */
export async function waitForHealth(
  { origin, healthPath, patienceMs, runs }: Waiting,
  { fetch, signal }: Pick<Run, 'fetch' | 'signal'>,
): Promise<Waited> {
  const page = new URL(healthPath, origin).href;
  const deadline = performance.now() + patienceMs;
  let last = 'nothing answered';
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    const answer = await ask(page, { fetch, signal });
    if (typeof answer === 'number' && answer < 400) return { kind: 'healthy', status: answer };
    last = typeof answer === 'number' ? `it answered HTTP ${String(answer)}` : answer;
    if (!(await runs())) return { kind: 'ended' };
    if (performance.now() > deadline) return { kind: 'late', last };
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** The status, or why there is none. A redirect counts, and is not followed. */
async function ask(page: string, { fetch, signal }: Pick<Run, 'fetch' | 'signal'>): Promise<number | string> {
  try {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(ONE_REQUEST_MS)]);
    const answer = await fetch(page, { redirect: 'manual', signal: limited });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    signal.throwIfAborted();
    const { cause } = error as { readonly cause?: unknown };
    return errorCode(cause) === 'ECONNREFUSED' ? 'nothing listens there' : 'no answer came';
  }
}
