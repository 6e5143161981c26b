import type { Page, PageRequest } from '../shared/pages.js';
import type { Role } from './policies.js';

/** A role in a project for a person who has no account yet. It becomes a membership when that person signs in. */
export interface Invitation {
  readonly id: string;
  readonly projectId: string;
  readonly email: string;
  readonly role: Role;
  /** Who invited them, for people. */
  readonly by: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export const INVITED_DAYS = 14;

export interface InvitationStore {
  /** Takes the place of an earlier one of the same address to the same project. */
  save(invitation: Invitation): Promise<Invitation>;
  isInvited(email: string, now: Date): Promise<boolean>;
  /** Newest first. */
  ofProject(projectId: string, page: PageRequest): Promise<Page<Invitation>>;
  /** Removes and returns those of an address that are still good. */
  take(email: string, now: Date): Promise<readonly Invitation[]>;
  delete(projectId: string, id: string): Promise<boolean>;
  deleteOfProject(projectId: string): Promise<void>;
  deleteExpired(before: Date): Promise<number>;
}

export interface InvitationPorts {
  readonly invitations: InvitationStore;
}
