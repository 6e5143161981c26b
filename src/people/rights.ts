import type { Role } from './policies.js';

/** Where a role is asked for: a repository, and one of its projects where the request names one. */
export interface Place {
  readonly repoId: number;
  readonly projectId: string | null;
}

/** What a person may see. */
export interface Visible {
  readonly repoIds: readonly number[];
  /** All projects of these repositories, and those that the person is a member of. */
  readonly projectIds: readonly string[];
}

/** What people may do. Every answer fails closed: what GitHub does not say is no role. */
export interface Rights {
  roleOn(userId: string, place: Place): Promise<Role | null>;
  visibleTo(userId: string): Promise<Visible>;
}

export interface RightsPorts {
  readonly rights: Rights;
}
