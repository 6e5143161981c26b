import { errorCode, isVitrineError } from '../shared/errors.js';
import { type HealthCheck, isHealthyStatus, timeoutOf } from '../shared/health.js';
import type { Inspection, Run } from './target.js';

interface Probed extends HealthCheck {
  readonly url: string;
}

/** Not there any more, rather than out of order for a while. */
const GONE: readonly number[] = [404, 410];

/** Looks at a page as a visitor does. Throws `forbidden` when its address must not be asked. */
export async function probe(
  { url, ...check }: Probed,
  run: Pick<Run, 'visit' | 'signal'>,
): Promise<Inspection> {
  const { healthPath } = check;
  const page = healthPath === '/' ? new URL(url) : new URL(healthPath, url);
  const patienceMs = timeoutOf(check);
  const limited = AbortSignal.any([run.signal, AbortSignal.timeout(patienceMs)]);
  try {
    return stateOf(await run.visit(page.href, limited), check);
  } catch (error) {
    run.signal.throwIfAborted();
    if (isVitrineError(error)) throw error;
    const seconds = String(patienceMs / 1_000);
    const reason = limited.aborted ? `not within ${seconds} seconds` : (errorCode(error) ?? 'no connection');
    return { state: 'unhealthy', detail: `It does not answer (${reason}).` };
  }
}

/** A redirect counts, and is not followed: the workflow run accepted it too. */
function stateOf(status: number, check: HealthCheck): Inspection {
  if (isHealthyStatus(check, status)) return { state: 'live', detail: null };
  const state = GONE.includes(status) ? 'gone' : 'unhealthy';
  return { state, detail: `It answers HTTP ${String(status)}.` };
}
