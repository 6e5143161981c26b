import type { GitHubUsers } from '../../../src/people/github-connection.js';
import type { Provider } from '../../../src/people/sign-in.js';
import type { Log } from '../../../src/shared/tools.js';
import { createRawRequest, type RawRequest } from '../client/octokit.js';
import { toFailure } from '../client/to-failure.js';
import { createAskAsUser, createReach } from './ask-as-user.js';
import { createGitHubProvider, type OAuthOptions, refreshTokens } from './oauth.js';

interface GitHubUserOptions extends Omit<OAuthOptions, 'timeoutMs'> {
  readonly apiUrl: string;
  readonly log: Log;
}

const TIMEOUT_MS = 10_000;

/** Signing in with GitHub, and what the server reads there on behalf of people. */
export function createGitHubUsers(given: GitHubUserOptions): { provider: Provider; users: GitHubUsers } {
  const options = { ...given, timeoutMs: TIMEOUT_MS };
  const request = createRawRequest(options);
  const ask = createAskAsUser({ ...options, request });
  return {
    provider: createGitHubProvider(options, ask),
    users: {
      refresh: (refreshToken) => refreshTokens(options, refreshToken),
      revoke: (accessToken) => revoke(options, { request, accessToken }),
      reach: createReach(ask),
    },
  };
}

/** https://docs.github.com/en/rest/apps/oauth-applications#delete-an-app-authorization */
async function revoke(
  { clientId, clientSecret, timeoutMs, clock }: OAuthOptions,
  { request, accessToken }: { request: RawRequest; accessToken: string },
): Promise<void> {
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  await request('DELETE /applications/{client_id}/grant', {
    client_id: clientId,
    access_token: accessToken,
    headers: { authorization: `Basic ${credentials}` },
    request: { signal: AbortSignal.timeout(timeoutMs) },
  }).catch((error: unknown) => {
    const failure = toFailure(error, { what: 'DELETE /applications/{client_id}/grant', now: clock.now() });
    // 404 and 422: there is no such authorization any more.
    if (failure.kind !== 'gone' && failure.kind !== 'poison') throw failure;
  });
}

/** Without GITHUB_CLIENT_ID no person signs in with GitHub, and no connection exists. */
export const NO_GITHUB_USERS: GitHubUsers = {
  refresh: () => Promise.resolve(null),
  revoke: () => Promise.resolve(),
  reach: () => Promise.resolve(null),
};
