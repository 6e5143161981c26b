import { z } from 'zod';
import { repositorySchema, type Account } from '../documents.js';
import type { RepositoryOptions } from '../options.js';
import { createRepositoryState, findRepository, type RepositoryState } from '../state.js';
import type { Delivery } from '../webhooks/delivery.js';
import { payloadOf } from '../webhooks/payload.js';
import type { World } from '../world.js';
import { commit, gitUser } from './git.js';

const branchDocument = z.looseObject({ commit: z.looseObject({ sha: z.string() }) });

export async function createRepository(world: World, options: RepositoryOptions): Promise<RepositoryState> {
  const [owner = '', name = ''] = options.fullName.split('/');
  const [admin = ''] = world.options.users;
  const ownedByUser = world.options.users.includes(owner);
  const document = await world.emulate.as(ownedByUser ? owner : admin, {
    method: 'POST',
    path: ownedByUser ? '/user/repos' : `/orgs/${owner}/repos`,
    body: { name, private: options.private ?? false, auto_init: false },
  });
  const repository = remember(world, document);
  await addCollaborators(world, repository, { [admin]: 'admin', [owner]: 'admin', ...options.collaborators });
  const changes = options.files ?? { 'README.md': `# ${name}\n` };
  await commit(world, {
    repository,
    branch: repository.document.default_branch,
    changes,
    message: 'Initial commit',
  });
  return repository;
}

function remember(world: World, document: unknown): RepositoryState {
  const repository = createRepositoryState(repositorySchema.parse(document));
  world.state.repositories.set(repository.document.id, repository);
  return repository;
}

async function addCollaborators(
  world: World,
  repository: RepositoryState,
  collaborators: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [login, role] of Object.entries(collaborators)) {
    repository.collaborators.set(login, role);
    const isMember = login === repository.document.owner.login || login === world.options.users[0];
    if (isMember) continue;
    const path = `/repos/${repository.document.full_name}/collaborators/${login}`;
    const body = { permission: role === 'write' ? 'push' : role };
    await world.emulate.as(gitUser(world, repository), { method: 'PUT', path, body });
  }
}

/** The fork of a user, made when it is first needed. */
export async function forkOf(world: World, parent: RepositoryState, login: string): Promise<RepositoryState> {
  const existing = findRepository(world.state, `${login}/${parent.document.name}`);
  if (existing) return existing;
  const path = `/repos/${parent.document.full_name}/forks`;
  const fork = remember(world, await world.emulate.as(login, { method: 'POST', path, body: {} }));
  fork.collaborators.set(login, 'admin');
  const branch = parent.document.default_branch;
  const changes = world.state.files.get(parent.branches.get(branch) ?? '') ?? {};
  const tip = await world.emulate.as(login, {
    method: 'GET',
    path: `/repos/${fork.document.full_name}/branches/${branch}`,
  });
  fork.branches.set(branch, branchDocument.parse(tip).commit.sha);
  await commit(world, { repository: fork, branch, changes, message: 'Fork' });
  return fork;
}

/** Pull requests from a deleted fork stay open, with `head.repo: null`. */
export async function deleteRepository(world: World, fullName: string): Promise<Delivery> {
  const repository = existing(world, fullName);
  const { document } = repository;
  await world.emulate.as(gitUser(world, repository), { method: 'DELETE', path: `/repos/${fullName}` });
  world.state.repositories.delete(document.id);
  for (const { pulls } of world.state.repositories.values()) {
    for (const pull of pulls.values()) {
      const orphan = { ...pull, head: { ...pull.head, repo: null } };
      if (pull.head.repo?.id === document.id) pulls.set(pull.number, orphan);
    }
  }
  return repositoryEvent(world, { action: 'deleted', repository });
}

export async function renameRepository(world: World, fullName: string, name: string): Promise<Delivery> {
  const repository = existing(world, fullName);
  const path = `/repos/${fullName}`;
  const document = await world.emulate.as(gitUser(world, repository), {
    method: 'PATCH',
    path,
    body: { name },
  });
  const from = repository.document.name;
  world.state.formerNames.set(fullName.toLowerCase(), repository.document.id);
  repository.document = repositorySchema.parse(document);
  for (const pull of repository.pulls.values()) {
    const base = { ...pull.base, repo: repository.document };
    const isOwn = pull.head.repo?.id === repository.document.id;
    const head = isOwn ? { ...pull.head, repo: repository.document } : pull.head;
    repository.pulls.set(pull.number, { ...pull, base, head });
  }
  const fields = { changes: { repository: { name: { from } } } };
  return repositoryEvent(world, { action: 'renamed', repository, fields });
}

interface CollaboratorChange {
  readonly repository: string;
  readonly login: string;
  /** Null takes the person out. */
  readonly role: string | null;
}

/** Somebody changes what a person may do in a repository. */
export function changeCollaborator(
  world: World,
  { repository: name, login, role }: CollaboratorChange,
): Delivery {
  const repository = existing(world, name);
  const action = role === null ? 'removed' : repository.collaborators.has(login) ? 'edited' : 'added';
  if (role === null) repository.collaborators.delete(login);
  else repository.collaborators.set(login, role);
  const sender = personOf(world, gitUser(world, repository));
  const fields = { member: personOf(world, login), ...(action === 'edited' && { changes: {} }) };
  return world.webhooks.emit(
    'member',
    payloadOf(world, { event: 'member', action, repository, sender, fields }),
  );
}

interface RepositoryHappening {
  readonly action: string;
  readonly repository: RepositoryState;
  readonly fields?: Record<string, unknown>;
}

function repositoryEvent(world: World, { action, repository, fields = {} }: RepositoryHappening): Delivery {
  const sender = personOf(world, gitUser(world, repository));
  const event = 'repository';
  return world.webhooks.emit(event, payloadOf(world, { event, action, repository, sender, fields }));
}

export function personOf(world: World, login: string): Account {
  const account = world.state.accounts.get(login);
  if (account) return account;
  throw new Error(`The emulated GitHub has no user ${login}: name it in the option users.`);
}

export function existing(world: World, fullName: string): RepositoryState {
  const repository = findRepository(world.state, fullName);
  if (repository) return repository;
  throw new Error(`The emulated GitHub has no repository ${fullName}: create it first.`);
}
