/** Ours and not emulate's: there `permission` says `push`, and whoever is no collaborator is not found. */
import { notFound, ok, type ApiReply } from '../gateway/reply.js';
import { repositoryRoute, type RepositoryRequest, type Route } from '../gateway/router.js';
import type { World } from '../world.js';
import { accountDocument } from '../account-document.js';

export const collaboratorRoutes: readonly Route[] = [
  repositoryRoute({
    at: 'GET /collaborators/:login/permission',
    need: { permission: 'metadata', level: 'read' },
    answer: showPermission,
  }),
];

// The old `permission` field knows no maintain and no triage: https://docs.github.com/rest/collaborators/collaborators
const LEGACY: Readonly<Record<string, string>> = { maintain: 'write', triage: 'read' };

function showPermission(world: World, { repository, params }: RepositoryRequest): ApiReply {
  const login = params.login ?? '';
  const account = world.state.accounts.get(login);
  if (!account) return notFound();
  const role = repository.collaborators.get(login) ?? (repository.document.private ? 'none' : 'read');
  const rights = {
    pull: role !== 'none',
    triage: false,
    push: false,
    maintain: false,
    admin: role === 'admin',
  };
  const user = { ...accountDocument(world.url, account), permissions: rights, role_name: role };
  return ok({ permission: LEGACY[role] ?? role, role_name: role, user });
}
