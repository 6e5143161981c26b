import { type FailureKind, GitHubFailure, isGitHubFailure } from '../../../src/repositories/github.js';

interface Answered {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

const LONGEST_PAUSE_MS = 2 * 60 * 60_000;

const MEANING: Readonly<Record<FailureKind, string>> = {
  ambiguous: 'did not answer properly: what it did is looked up before anything is sent again',
  retry: 'asks to wait: it is sent again later',
  gone: 'does not know it (any more)',
  poison: 'will never accept it as it is',
  unauthorized: 'does not allow it: check that the App is installed there and its permissions are accepted',
};

/** Translates every failure of a call to a GitHubFailure. `what` names the call, without parameters. */
export function toFailure(error: unknown, { what, now }: { what: string; now: Date }): GitHubFailure {
  if (isGitHubFailure(error)) return error;
  const answered = readAnswer(error);
  const kind = answered ? kindOf(answered) : 'ambiguous';
  const retryInMs = kind === 'retry' && answered ? pauseOf(answered, now) : undefined;
  const said = answered ? ` (${answered.status}: ${answered.message.slice(0, 300)})` : ' (no answer)';
  return new GitHubFailure(kind, `GitHub ${MEANING[kind]}: ${what}${said}`, {
    cause: error,
    ...(retryInMs === undefined ? {} : { retryInMs }),
  });
}

function kindOf(answer: Answered): FailureKind {
  const { status } = answer;
  if (status === 401) return 'unauthorized';
  if (status === 429 || (status === 403 && isLimit(answer))) return 'retry';
  if (status === 403) return 'unauthorized';
  if (status === 404 || status === 410 || status === 451) return 'gone';
  return status >= 400 && status < 500 && status !== 408 ? 'poison' : 'ambiguous';
}

function isLimit({ message, headers }: Answered): boolean {
  const limited = headers['retry-after'] !== undefined || String(headers['x-ratelimit-remaining']) === '0';
  return limited || /rate limit|abuse/i.test(message);
}

/** Undefined when GitHub names no time. The reset header is on every answer and counts only when nothing remains. */
function pauseOf({ headers }: Answered, now: Date): number | undefined {
  const after = Number(headers['retry-after'] ?? Number.NaN) * 1000;
  if (Number.isFinite(after) && after >= 0) return bounded(after);
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1000 - now.getTime();
  const exhausted = String(headers['x-ratelimit-remaining']) === '0';
  return exhausted && Number.isFinite(reset) ? bounded(reset) : undefined;
}

/** A second more than asked: both headers are whole seconds, and clocks differ. */
function bounded(ms: number): number {
  return Math.min(LONGEST_PAUSE_MS, Math.max(0, Math.ceil(ms)) + 1000);
}

/** Octokit throws the same class for "no answer" (status 500, no response) and for answers. */
function readAnswer(error: unknown): Answered | undefined {
  if (!(error instanceof Error) || !('response' in error) || !('status' in error)) return undefined;
  const { response } = error as { response?: { headers?: Answered['headers'] } };
  if (!response) return undefined;
  return { status: Number(error.status), message: error.message, headers: response.headers ?? {} };
}

/** Returns the default when GitHub refuses the call for good. Failures that a retry may mend are thrown. */
export async function defaultWhenDenied<T, F>(asked: Promise<T>, otherwise: F): Promise<T | F> {
  try {
    return await asked;
  } catch (error) {
    const transient = isGitHubFailure(error) && (error.kind === 'ambiguous' || error.kind === 'retry');
    if (transient || !isGitHubFailure(error)) throw error;
    return otherwise;
  }
}
