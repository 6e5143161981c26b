/** The parts of token.actions.githubusercontent.com: discovery, keys, and the address where a runner asks for a job's token. */
import { ok, refused, type ApiReply } from '../gateway/reply.js';
import { route, type ApiRequest, type Route } from '../gateway/router.js';
import type { World } from '../world.js';

export const OIDC_PATH = '/oidc';

export const oidcRoutes: readonly Route[] = [
  route(`GET ${OIDC_PATH}/.well-known/openid-configuration`, (world) => ok(world.issuer.configuration)),
  route(`GET ${OIDC_PATH}/.well-known/jwks`, (world) => ok(world.issuer.keys)),
  route('GET /actions/runs/:id/idtoken', issueIdToken),
];

function issueIdToken(world: World, { url, token }: ApiRequest): ApiReply {
  const claims = world.state.idTokenRequests.get(token ?? '');
  if (!claims) return refused(401, 'The request token is not known.');
  const owner = `${world.url}/${String(claims.repository_owner)}`;
  const aud = url.searchParams.get('audience') ?? owner;
  const value = world.issuer.sign({ claims: { ...claims, aud } });
  return ok({ count: value.length, value });
}
