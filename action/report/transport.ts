import { type HttpAnswer, sendAhead, type SentAhead } from '../http/exchange.js';
import type { World } from '../http/world.js';
import type { PullRequest } from '../runner/context.js';

export interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As much of the answer to a `fetch` as the toolkit's client reads. */
export interface Told {
  readonly status: number;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  text(): Promise<string>;
}

export interface Transport {
  /** What `fetch` does, without its start: half of the time until the first byte leaves. */
  fetch(url: string, asked: Asked): Promise<Told>;
}

const ANSWER_BYTES = 64 * 1024 * 1024;

const IDLE_MS = 60_000;

/** Carries the calls of GitHub's API. The first question leaves at once; who asks it again gets the answer to that. */
export async function openTransport(
  { http }: Pick<World, 'http'>,
  { first, token }: { first: string; token: string },
): Promise<Transport> {
  const carry = async (url: string, asked: Asked & { onSent?: () => void }): Promise<Told> => {
    const { method, headers, body, onSent } = asked;
    const more = body === undefined ? {} : { body: Buffer.from(body) };
    const request = { method, url, headers, ...more, bodyLimit: ANSWER_BYTES, idleMs: IDLE_MS, onSent };
    return told(url, await http.exchange(request));
  };
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `token ${token}`,
    'user-agent': 'vitrine-action',
  };
  let ahead: SentAhead<Told> | null = await sendAhead((onSent) =>
    carry(first, { method: 'GET', headers, onSent }),
  );
  return {
    fetch: (url, asked) => {
      if (ahead === null || asked.method !== 'GET' || url !== first) return carry(url, asked);
      const { answer } = ahead;
      ahead = null;
      return answer;
    },
  };
}

function told(url: string, { status, headers, body }: HttpAnswer): Told {
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return { status, url, headers: new Map(pairs), text: () => Promise.resolve(body) };
}

interface FirstQuestion {
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

/** Which check runs of a commit are looked at. */
export const CHECKS_ASKED = { check_name: 'Preview', filter: 'all', per_page: 100 } as const;

/** What a run calls its own where the App has a check `Preview` on the commit: two of one name would puzzle. */
export const CHECK_BESIDE_APP = 'Preview (workflow run)';

/** Which deployments of a repository. One environment for all pull requests: one line in its list, not hundreds. */
export const DEPLOYMENTS_ASKED = { environment: 'preview', per_page: 100 } as const;
