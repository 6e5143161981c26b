import { getOctokit } from '@actions/github';
import { defaults } from '@actions/github/lib/utils';
import type { Asked, Told, Transport } from './transport.js';

interface ConnectInput {
  readonly token: string;
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly transport: Transport;
}

const MOVED: readonly number[] = [301, 302, 307, 308];

/** The only place that loads the toolkit's client: the way with a server never pays for it. */
export function connect({ token, apiUrl, transport, ...at }: ConnectInput): GitHub {
  const request = { fetch: following(transport) };
  return {
    octokit: getOctokit(token, { baseUrl: apiUrl, userAgent: 'vitrine-action', request }),
    at,
  };
}

/** A repository that moved answers with the way to its new name; the toolkit follows it. */
function following({ fetch }: Transport) {
  const follow = defaults.request?.fetch as Transport['fetch'];
  return async (url: string, asked: Asked): Promise<Told> => {
    const answer = await fetch(url, asked);
    return MOVED.includes(answer.status) ? follow(url, asked) : answer;
  };
}

/** What the reports need of GitHub, for one repository and one token. */
export interface GitHub {
  readonly octokit: ReturnType<typeof getOctokit>;
  readonly at: { readonly owner: string; readonly repo: string };
}
