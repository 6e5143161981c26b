import type { RunRef } from './deployment.js';

/** What a check run says about itself, so that the App can read a report that the Action wrote without a server. */
export interface ExternalId {
  readonly environment: string;
  readonly project: string;
  readonly sha: string;
  readonly run: RunRef | null;
}

const PREFIX = 'vitrine:1';

/** `vitrine:1:pr-7:hello:<sha>:<run id>:<attempt>:<job>`, every part URI-encoded. */
export function formatExternalId({ environment, project, sha, run }: ExternalId): string {
  const parts = [environment, project, sha, run?.id ?? '', run ? String(run.attempt) : '', run?.job ?? ''];
  return [PREFIX, ...parts.map(encodeURIComponent)].join(':');
}

export function parseExternalId(text: string | null | undefined): ExternalId | null {
  if (!text?.startsWith(`${PREFIX}:`)) return null;
  const [environment, project, sha, runId, attempt, job] = text
    .slice(PREFIX.length + 1)
    .split(':')
    .map(decode);
  if (!environment || !project || !sha || !/^[0-9a-f]{40}$/.test(sha)) return null;
  const run =
    runId && /^[1-9]\d*$/.test(runId) ? { id: runId, attempt: Number(attempt) || 1, job: job ?? '' } : null;
  return { environment, project, sha, run };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
