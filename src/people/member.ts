import type { Page, PageRequest } from '../shared/pages.js';
import type { Role } from './policies.js';

/** A person's role in one project, for people whom GitHub does not know. */
export interface Member {
  readonly projectId: string;
  readonly userId: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface MemberStore {
  roleOf(projectId: string, userId: string): Promise<Role | null>;
  /** In the order of the people's ids. */
  ofProject(projectId: string, page: PageRequest): Promise<Page<Member>>;
  /** The projects of a person, as many as `MOST_MEMBERSHIPS`. */
  ofUser(userId: string): Promise<readonly Member[]>;
  /** Adds the person or changes their role. */
  set(member: Pick<Member, 'projectId' | 'userId' | 'role'>): Promise<Member>;
  /** False when the person was no member. */
  remove(projectId: string, userId: string): Promise<boolean>;
  /** Gives the memberships of one person to another, who keeps a role that they have already. */
  move(fromUserId: string, toUserId: string): Promise<void>;
  /** Of a project that is deleted. */
  removeProject(projectId: string): Promise<void>;
}

export interface MemberPorts {
  readonly members: MemberStore;
}

/** A list of what a person may see is a filter of one query, which must stay small. */
export const MOST_MEMBERSHIPS = 1_000;
