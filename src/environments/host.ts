import { ownerOfService } from '../shared/preview-url.js';
import type { EnvironmentStore, StoredEnvironment } from './store.js';

/** The environment that a host label belongs to, and what of it the host shows. */
export interface HostOwner {
  readonly environment: StoredEnvironment;
  readonly part:
    | { readonly kind: 'newest' }
    | { readonly kind: 'commit'; readonly sha7: string }
    /** If there is such a service. */
    | { readonly kind: 'service' };
}

const COMMIT = /^([0-9a-f]{7})-(.+)$/;

/** Null when the label belongs to no environment. */
export async function ownerOfHost(
  { environments }: { readonly environments: Pick<EnvironmentStore, 'bySlug'> },
  label: string,
): Promise<HostOwner | null> {
  const newest = await environments.bySlug(label);
  if (newest) return { environment: newest, part: { kind: 'newest' } };
  const [, sha7, slug] = COMMIT.exec(label) ?? [];
  const owner = slug ?? ownerOfService(label);
  const environment = owner === null ? null : await environments.bySlug(owner);
  if (!environment) return null;
  return { environment, part: sha7 === undefined ? { kind: 'service' } : { kind: 'commit', sha7 } };
}

/** Whether the host of a label shows something of the environment, as far as the label says. */
export function belongsTo(label: string, slug: string): boolean {
  return label === slug || COMMIT.exec(label)?.[2] === slug || ownerOfService(label) === slug;
}
