import type { Permissions } from '../options.js';
import type { Repository } from '../documents.js';

/** Who a request speaks for. */
export type Actor =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'app' }
  | { readonly kind: 'user'; readonly login: string; readonly endsAt?: number }
  | InstallationActor;

export interface InstallationActor {
  readonly kind: 'installation';
  readonly appId: number;
  readonly slug: string;
  readonly installationId: number;
  readonly account: string;
  readonly permissions: Permissions;
  /** Undefined = every repository of the account. */
  readonly repositoryIds: readonly number[] | undefined;
  readonly expiresAt: number;
}

export interface Need {
  readonly permission: string;
  readonly level: 'read' | 'write';
}

const RANK: Readonly<Record<string, number>> = { read: 1, write: 2, admin: 3 };

export function mayAct(actor: Actor, repository: Repository, need: Need): boolean {
  if (actor.kind === 'user') return true;
  if (actor.kind === 'app') return need.permission === 'metadata';
  if (actor.kind !== 'installation') return !repository.private && need.level === 'read';
  const granted = RANK[actor.permissions[need.permission] ?? ''] ?? 0;
  return reaches(actor, repository) && granted >= (RANK[need.level] ?? 0);
}

export function reaches(actor: InstallationActor, repository: Repository): boolean {
  if (actor.account.toLowerCase() !== repository.owner.login.toLowerCase()) return false;
  return actor.repositoryIds === undefined || actor.repositoryIds.includes(repository.id);
}
