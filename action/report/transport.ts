import { type HttpAnswer, sendAhead, type SentAhead } from '../http/exchange.js';
import type { World } from '../http/world.js';
import type { PullRequest } from '../runner/context.js';

export interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The part of a `Response` that the toolkit's client reads. */
export interface FetchAnswer {
  readonly status: number;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  text(): Promise<string>;
}

export interface Transport {
  /** Replaces the global `fetch`, which needs half of the time until the first byte is sent. */
  fetch(url: string, options: FetchOptions): Promise<FetchAnswer>;
}

const ANSWER_BYTES = 64 * 1024 * 1024;

const IDLE_MS = 60_000;

/** Sends the requests to GitHub's API. The first one is sent at once; the same request of the client then gets its answer. */
export async function openTransport(
  { http }: Pick<World, 'http'>,
  { first, token }: { first: string; token: string },
): Promise<Transport> {
  const send = async (
    url: string,
    { method, headers, body, onSent }: FetchOptions & { onSent?: () => void },
  ): Promise<FetchAnswer> => {
    const bytes = body === undefined ? {} : { body: Buffer.from(body) };
    const request = { method, url, headers, ...bytes, bodyLimit: ANSWER_BYTES, idleMs: IDLE_MS, onSent };
    return toFetchAnswer(url, await http.exchange(request));
  };
  const headers = {
    accept: 'application/vnd.github+json',
    authorization: `token ${token}`,
    'user-agent': 'vitrine-action',
  };
  let ahead: SentAhead<FetchAnswer> | null = await sendAhead((onSent) =>
    send(first, { method: 'GET', headers, onSent }),
  );
  return {
    fetch: (url, options) => {
      if (ahead === null || options.method !== 'GET' || url !== first) return send(url, options);
      const { answer } = ahead;
      ahead = null;
      return answer;
    },
  };
}

function toFetchAnswer(url: string, { status, headers, body }: HttpAnswer): FetchAnswer {
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return { status, url, headers: new Map(pairs), text: () => Promise.resolve(body) };
}

interface FirstRequest {
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly number: number;
  /** Null: the event does not contain it, so it is the first thing to request. */
  readonly pullRequest: PullRequest | null;
  /** Null: the pull request was closed, and the earlier reports are updated. */
  readonly url: string | null;
}

/** The URL of the first request of this run, exactly as the toolkit's client writes it, so that it can be sent before that client is loaded. */
export function firstRequestUrl({ apiUrl, owner, repo, number, pullRequest, url }: FirstRequest): string {
  const repository = `${apiUrl}/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}`;
  if (pullRequest === null) return `${repository}/pulls/${String(number)}`;
  if (url === null) return `${repository}/deployments?${queryOf({ ...DEPLOYMENTS_QUERY, page: 1 })}`;
  return `${repository}/commits/${pullRequest.sha}/check-runs?${queryOf(CHECKS_QUERY)}`;
}

function queryOf(parameters: Readonly<Record<string, string | number>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}

/** The query for the check runs of a commit. */
export const CHECKS_QUERY = { check_name: 'Preview', filter: 'all', per_page: 100 } as const;

/** The name of the run's check where the App has a check `Preview` on the commit. */
export const CHECK_BESIDE_APP = 'Preview (workflow run)';

/** The query for deployments. All pull requests share one environment, so GitHub lists one and not hundreds. */
export const DEPLOYMENTS_QUERY = { environment: 'preview', per_page: 100 } as const;
