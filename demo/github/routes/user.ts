/** What a person's token reads about the App, and how its authorization ends. */
import type { Repository } from '../documents.js';
import { paginated } from '../gateway/paginate.js';
import { notFound, refused, type ApiReply } from '../gateway/reply.js';
import { route, type ApiRequest, type Route } from '../gateway/router.js';
import type { RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { installationDocument } from './installation-document.js';
import { forgetGrants } from './oauth.js';

export const userRoutes: readonly Route[] = [
  route('GET /user/installations', listInstallations),
  route('GET /user/installations/:id/repositories', listRepositories),
  route('DELETE /applications/:client/grant', endGrant),
];

const SIGN_IN_FIRST = refused(401, 'Requires authentication');

function listInstallations(world: World, { actor, url }: ApiRequest): ApiReply {
  if (actor.kind !== 'user') return SIGN_IN_FIRST;
  const seen = [...world.state.installations]
    .filter(([account]) => reachedIn(world, account, actor.login).length > 0)
    .map(([account, id]) => installationDocument(world, { account, id }));
  return paginated(seen, {
    url,
    wrap: (installations, total_count) => ({ total_count, installations }),
  });
}

function listRepositories(world: World, { actor, params, url }: ApiRequest): ApiReply {
  if (actor.kind !== 'user') return SIGN_IN_FIRST;
  const account = [...world.state.installations].find(([, id]) => id === Number(params.id))?.[0];
  if (account === undefined) return notFound();
  const documents = reachedIn(world, account, actor.login).map((one) => documentFor(one, actor.login));
  return paginated(documents, {
    url,
    wrap: (repositories, total_count) => ({ total_count, repositories }),
  });
}

/** Those that name the person: that anybody may read a public one does not put it on the list. */
function reachedIn({ state }: World, account: string, login: string): RepositoryState[] {
  return [...state.repositories.values()].filter(
    ({ document, collaborators }) =>
      document.owner.login === account &&
      !state.withheld.has(document.id) &&
      (collaborators.get(login) ?? 'none') !== 'none',
  );
}

function documentFor({ document, collaborators }: RepositoryState, login: string): Repository {
  const role = collaborators.get(login) ?? 'none';
  const admin = role === 'admin';
  const push = admin || role === 'write' || role === 'maintain';
  return { ...document, permissions: { admin, maintain: admin, push, triage: push, pull: true } };
}

/** All tokens of the App for the person. */
function endGrant({ state }: World, { actor, body }: ApiRequest): ApiReply {
  if (actor.kind !== 'app') return refused(401, 'Bad credentials');
  const { grants } = state.oauth;
  const login = grants.find(({ access }) => access === body.access_token)?.login;
  if (login === undefined) return notFound();
  for (const { access } of forgetGrants(grants, (one) => one.login === login)) state.actors.delete(access);
  return { status: 204 };
}
