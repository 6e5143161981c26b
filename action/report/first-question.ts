import type { PullRequest } from '../runner/context.js';
import { CHECKS_ASKED, DEPLOYMENTS_ASKED } from './asked.js';

export interface FirstQuestion {
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
  /** Null: the event did not tell, so GitHub is asked. */
  readonly pullRequest: PullRequest | null;
  /** Null: everything reported is to be taken back. */
  readonly url: string | null;
}

/** What this run asks GitHub first, letter by letter as the toolkit's client will ask it: it can leave before that client is read. */
export function firstQuestion({ apiUrl, owner, repo, number, pullRequest, url }: FirstQuestion): string {
  const repository = `${apiUrl}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;
  if (pullRequest === null) return `${repository}/pulls/${String(number)}`;
  if (url === null) return `${repository}/deployments?${queryOf({ ...DEPLOYMENTS_ASKED, page: 1 })}`;
  return `${repository}/commits/${pullRequest.sha}/check-runs?${queryOf(CHECKS_ASKED)}`;
}

function queryOf(asked: Readonly<Record<string, string | number>>): string {
  return Object.entries(asked)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}
