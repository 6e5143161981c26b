/** What emulate leaves out about Apps. */
import { reaches } from '../identity/actors.js';
import { paginated } from '../gateway/paginate.js';
import { notFound, ok, refused, type ApiReply } from '../gateway/reply.js';
import {
  repositoryRoute,
  route,
  type ApiRequest,
  type RepositoryRequest,
  type Route,
} from '../gateway/router.js';
import type { World } from '../world.js';
import { appDocument } from './bot.js';
import { installationDocument } from './installation-document.js';

export const installationRoutes: readonly Route[] = [
  route('GET /app', showApp),
  route('GET /app/installations', listInstallations),
  route('GET /app/installations/:id', showInstallation),
  repositoryRoute({
    at: 'GET /installation',
    need: { permission: 'metadata', level: 'read' },
    answer: installationOf,
  }),
  route('GET /installation/repositories', listRepositories),
  route('POST /app-manifests/:code/conversions', convertManifest),
];

function showApp(world: World, { actor }: ApiRequest): ApiReply {
  if (actor.kind !== 'app') return refused(401, 'A JSON web token could not be decoded');
  const installations = Object.keys(world.apps.ours.installations).length;
  return ok({ ...appDocument(world, world.apps.ours), installations_count: installations });
}

function listInstallations(world: World, { actor, url }: ApiRequest): ApiReply {
  if (actor.kind !== 'app') return refused(401, 'A JSON web token could not be decoded');
  const all = [...world.state.installations].map(([account, id]) =>
    installationDocument(world, { account, id }),
  );
  return paginated(all, { url });
}

function showInstallation(world: World, { actor, params }: ApiRequest): ApiReply {
  if (actor.kind !== 'app') return refused(401, 'A JSON web token could not be decoded');
  const found = [...world.state.installations].find(([, id]) => id === Number(params.id));
  return found ? ok(installationDocument(world, { account: found[0], id: found[1] })) : notFound();
}

function installationOf(world: World, { repository }: RepositoryRequest): ApiReply {
  const account = repository.document.owner.login;
  const id = world.state.installations.get(account);
  const withheld = world.state.withheld.has(repository.document.id);
  return id === undefined || withheld ? notFound() : ok(installationDocument(world, { account, id }));
}

function listRepositories(world: World, { actor, url }: ApiRequest): ApiReply {
  if (actor.kind !== 'installation')
    return refused(403, 'You must authenticate with an installation access token');
  const all = [...world.state.repositories.values()].map((repository) => repository.document);
  return paginated(
    all.filter((repository) => reaches(actor, repository)),
    { url, wrap: (repositories, total_count) => ({ total_count, repositories }) },
  );
}

/** The last step of setting up an App from a manifest; GitHub hands the secrets out once. */
function convertManifest(world: World, { params }: ApiRequest): ApiReply {
  const code = params.code ?? '';
  if (world.state.spentCodes.has(code)) return notFound();
  world.state.spentCodes.add(code);
  return {
    status: 201,
    body: {
      ...appDocument(world, world.apps.ours),
      client_id: world.options.app.clientId,
      client_secret: world.options.app.clientSecret,
      webhook_secret: world.options.app.webhookSecret,
      pem: world.apps.ours.privateKey,
    },
  };
}
