import type { Layer } from './layers.js';

/** What kind of place an environment is. Those of pull requests are previews. */
export const CLASSES = ['preview', 'staging', 'production'] as const;
export type Class = (typeof CLASSES)[number];

/** The layers that variables and secrets are stored in. */
export type StoredLayer = Exclude<Layer, 'settings-file'>;
export const STORED_LAYERS = ['org', 'project', 'target', 'class', 'pull-request'] as const;

/** Where a stored variable or secret applies: one layer, and in it one organization, project, target, class or pull request. */
export type Scope =
  | { readonly layer: 'org'; readonly ownerId: number }
  | { readonly layer: 'project'; readonly projectId: string }
  | { readonly layer: 'target'; readonly projectId: string; readonly target: string }
  | { readonly layer: 'class'; readonly projectId: string; readonly class: Class }
  | { readonly layer: 'pull-request'; readonly projectId: string; readonly pullRequest: number };

/** The scope as one text, unique among all scopes. Secrets are bound to it, so it never changes its form. */
export function scopeKey(scope: Scope): string {
  if (scope.layer === 'org') return `org:${String(scope.ownerId)}`;
  const { layer, projectId } = scope;
  return layer === 'project' ? `project:${projectId}` : `${layer}:${projectId}:${qualifierOf(scope)}`;
}

/** Which target, class or pull request a scope is for; empty for the layers that have but one. */
export function qualifierOf(scope: Scope): string {
  if (scope.layer === 'target') return scope.target;
  if (scope.layer === 'class') return scope.class;
  return scope.layer === 'pull-request' ? String(scope.pullRequest) : '';
}

interface Place {
  /** The GitHub account that owns the repository; null when it is not known. */
  readonly ownerId: number | null;
  readonly projectId: string;
  readonly target: string;
  readonly class: Class;
  readonly pullRequest: number | null;
}

/** Every scope that applies to an environment, the most general first. */
export function scopesAt({ ownerId, projectId, target, class: kind, pullRequest }: Place): Scope[] {
  return [
    ...(ownerId === null ? [] : [{ layer: 'org', ownerId } as const]),
    { layer: 'project', projectId },
    { layer: 'target', projectId, target },
    { layer: 'class', projectId, class: kind },
    ...(pullRequest === null ? [] : [{ layer: 'pull-request', projectId, pullRequest } as const]),
  ];
}

export function classOf({ name }: { readonly name: string }): Class {
  return CLASSES.find((kind) => kind === name) ?? 'preview';
}
