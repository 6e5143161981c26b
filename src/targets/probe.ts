import { errorCode, isVitrineError } from '../shared/errors.js';
import type { Inspection, Run } from './target.js';

interface Probed {
  readonly url: string;
  readonly healthPath: string;
}

const PATIENCE_MS = 10_000;

/** Not there any more, rather than out of order for a while. */
const GONE: readonly number[] = [404, 410];

/** Looks at a page as a visitor does. Throws `forbidden` when its address must not be asked. */
export async function probe(
  { url, healthPath }: Probed,
  run: Pick<Run, 'visit' | 'signal'>,
): Promise<Inspection> {
  const page = healthPath === '/' ? new URL(url) : new URL(healthPath, url);
  const limited = AbortSignal.any([run.signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    return stateOf(await run.visit(page.href, limited));
  } catch (error) {
    run.signal.throwIfAborted();
    if (isVitrineError(error)) throw error;
    const seconds = String(PATIENCE_MS / 1_000);
    const reason = limited.aborted ? `not within ${seconds} seconds` : (errorCode(error) ?? 'no connection');
    return { state: 'unhealthy', detail: `It does not answer (${reason}).` };
  }
}

/** A redirect counts, and is not followed: the workflow run accepted it too. */
function stateOf(status: number): Inspection {
  if (status < 400) return { state: 'live', detail: null };
  const state = GONE.includes(status) ? 'gone' : 'unhealthy';
  return { state, detail: `It answers HTTP ${String(status)}.` };
}
