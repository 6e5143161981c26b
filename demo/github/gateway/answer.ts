import { toJson } from '../documents.js';
import { githubValidator, type Violation } from '../openapi/validate.js';
import { checkRunRoutes } from '../routes/check-runs.js';
import { collaboratorRoutes } from '../routes/collaborators.js';
import { commitStatusRoutes } from '../routes/commit-statuses.js';
import { deploymentStatusRoutes } from '../routes/deployment-statuses.js';
import { deploymentRoutes } from '../routes/deployments.js';
import { hookDeliveryRoutes } from '../routes/hook-deliveries.js';
import { installationRoutes } from '../routes/installations.js';
import { oauthRoutes } from '../routes/oauth.js';
import { oidcRoutes } from '../routes/oidc.js';
import { pullRequestRoutes } from '../routes/pull-requests.js';
import { userRoutes } from '../routes/user.js';
import { workflowRunRoutes } from '../routes/workflow-runs.js';
import type { World } from '../world.js';
import { forward } from './forward.js';
import { identify } from './identify.js';
import type { Incoming } from './incoming.js';
import { refused, type ApiReply } from './reply.js';
import { matchRoute, type Route } from './router.js';
import { refuseSize } from './sizes.js';

const API_ROUTES: readonly Route[] = [
  ...installationRoutes,
  ...hookDeliveryRoutes,
  ...collaboratorRoutes,
  ...pullRequestRoutes,
  ...checkRunRoutes,
  ...deploymentRoutes,
  ...deploymentStatusRoutes,
  ...commitStatusRoutes,
  ...workflowRunRoutes,
  ...userRoutes,
];

const WEBSITE_ROUTES: readonly Route[] = [...oidcRoutes, ...oauthRoutes];

/** Pages and endpoints of GitHub that its API description does not cover. */
const BESIDE_THE_API = /^\/(oidc|login|settings|apps|avatars|actions)\/|^\/[^/]+\/[^/]+\/raw\//;

export async function answer(world: World, incoming: Incoming): Promise<ApiReply> {
  const moved = redirect(world, incoming);
  if (moved) return moved;
  if (BESIDE_THE_API.test(incoming.url.pathname)) return await dispatch(world, incoming, WEBSITE_ROUTES);
  if (!identify(world, incoming.token)) return refused(401, 'Bad credentials');
  const described = { method: incoming.method, url: incoming.url, body: incoming.body };
  const validator = world.options.validation === 'on' ? githubValidator() : undefined;
  const broken = validator?.request(described);
  if (broken) return refuseViolation(world, broken);
  const tooLarge = refuseSize(incoming.url.pathname, incoming.body);
  if (tooLarge) return tooLarge;
  const reply = await dispatch(world, incoming, API_ROUTES);
  const wrong = validator?.reply(described, { status: reply.status, body: reply.body });
  if (wrong) world.violations.push(wrong);
  return reply;
}

function refuseViolation(world: World, violation: Violation): ApiReply {
  world.violations.push(violation);
  return refused(422, `Invalid request for ${violation.operation}`, violation.errors);
}

async function dispatch(world: World, incoming: Incoming, routes: readonly Route[]): Promise<ApiReply> {
  const match = matchRoute(routes, { method: incoming.method, path: incoming.url.pathname });
  if (!match) return await forward(world, incoming);
  return await match.route.answer(world, {
    method: incoming.method,
    url: incoming.url,
    params: match.params,
    body: toJson(incoming.body),
    actor: identify(world, incoming.token) ?? { kind: 'nobody' },
    token: incoming.token,
  });
}

/** A renamed repository answers under its old name with a redirect. */
function redirect(world: World, { url, method }: Incoming): ApiReply | undefined {
  const [, owner = '', name = '', rest = ''] = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
  const id = world.state.formerNames.get(`${owner}/${name}`.toLowerCase());
  const now = id === undefined ? undefined : world.state.repositories.get(id)?.document.full_name;
  if (now === undefined) return undefined;
  const location = `${world.url}/repos/${now}${rest}${url.search}`;
  return { ...refused(method === 'GET' ? 301 : 307, 'Moved Permanently'), headers: { location } };
}
