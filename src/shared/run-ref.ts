/** What a check run says about itself, so that the App can read a report that the Action wrote without a server. */
export interface ExternalId {
  readonly environment: string;
  readonly project: string;
  readonly sha: string;
  readonly run: RunRef | null;
}

const PREFIX = 'vitrine:1';

const COUNT = /^[1-9]\d{0,14}$/;

/** `vitrine:1:pr-7:hello:<sha>:<run id>:<attempt>:<job>`, every part URI-encoded. */
export function formatExternalId({ environment, project, sha, run }: ExternalId): string {
  const parts = [environment, project, sha, run?.id ?? '', run ? String(run.attempt) : '', run?.job ?? ''];
  return [PREFIX, ...parts.map(encode)].join(':');
}

export function parseExternalId(text: string | null | undefined): ExternalId | null {
  if (!text?.startsWith(`${PREFIX}:`)) return null;
  const [environment, project, sha, runId, attempt, job] = text
    .slice(PREFIX.length + 1)
    .split(':')
    .map(decode);
  if (!environment || !project || !sha || !/^[0-9a-f]{40}$/.test(sha)) return null;
  const run = runId && COUNT.test(runId) ? { id: runId, attempt: attemptOf(attempt), job: job ?? '' } : null;
  return { environment, project, sha, run };
}

function attemptOf(text: string | undefined): number {
  return text && COUNT.test(text) ? Number(text) : 1;
}

/** As bytes and back: a lone surrogate cannot be encoded. */
function encode(part: string): string {
  return encodeURIComponent(Buffer.from(part, 'utf8').toString('utf8'));
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

/** Which run of which workflow makes this deployment. `attempt` grows with "Re-run". */
export interface RunRef {
  readonly id: string;
  readonly attempt: number;
  readonly job: string;
  /** The file of its workflow, where its identity told: `.github/workflows/preview.yml`. */
  readonly workflow?: string | undefined;
}

/** Two runs are one when id, attempt and job agree: every retry of the Action carries the same three. */
export function sameRun(a: RunRef | null, b: RunRef): boolean {
  return a !== null && a.id === b.id && a.attempt === b.attempt && a.job === b.job;
}
