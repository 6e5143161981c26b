import { getOctokit } from '@actions/github';
import { defaults } from '@actions/github/lib/utils';
import type { FetchAnswer, FetchOptions, Transport } from './transport.js';

interface ConnectInput {
  readonly token: string;
  readonly apiUrl: string;
  readonly owner: string;
  readonly repo: string;
  readonly transport: Transport;
}

const MOVED: readonly number[] = [301, 302, 307, 308];

/** The only place that loads the toolkit's client: a run with a server does not need it. */
export function connect({ token, apiUrl, transport, ...at }: ConnectInput): GitHub {
  const request = { fetch: following(transport) };
  return {
    octokit: getOctokit(token, { baseUrl: apiUrl, userAgent: 'vitrine-action', request }),
    at,
  };
}

/** The toolkit's own `fetch` follows the redirect of a renamed repository. */
function following({ fetch }: Transport) {
  const follow = defaults.request?.fetch as Transport['fetch'];
  return async (url: string, options: FetchOptions): Promise<FetchAnswer> => {
    const answer = await fetch(url, options);
    return MOVED.includes(answer.status) ? follow(url, options) : answer;
  };
}

/** GitHub's API for one repository and one token. */
export interface GitHub {
  readonly octokit: ReturnType<typeof getOctokit>;
  readonly at: { readonly owner: string; readonly repo: string };
}
