import type { Page, PageRequest } from '../shared/pages.js';

/** The password that opens the previews of a project. */
export interface PreviewPassword {
  readonly projectId: string;
  readonly hash: string;
  /** Another one with every change: what was let in with an older one is let in no longer. */
  readonly version: string;
  readonly setBy: string;
  readonly setAt: Date;
}

export interface PreviewPasswordStore {
  get(projectId: string): Promise<PreviewPassword | null>;
  /** Takes the place of the one before. */
  set(password: PreviewPassword): Promise<void>;
  /** False when the project has none. */
  remove(projectId: string): Promise<boolean>;
}

/** `share`: a person made it for other people. `bypass`: a workflow run got it for its tests. */
export const LINK_KINDS = ['share', 'bypass'] as const;
export type LinkKind = (typeof LINK_KINDS)[number];

/** What opens one protected preview without its password and without an account, until it ends. */
export interface PreviewLink {
  readonly id: string;
  readonly kind: LinkKind;
  readonly environmentId: string;
  readonly projectId: string;
  /** For the people who manage links. */
  readonly name: string;
  /** Where on the preview it leads to. */
  readonly path: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

export interface PreviewLinkStore {
  /** Only the hash of its token is stored. */
  create(link: PreviewLink & { readonly hash: string }): Promise<void>;
  /** Null when there is none, or its time is over. */
  byHash(hash: string, now: Date): Promise<PreviewLink | null>;
  get(id: string, now: Date): Promise<PreviewLink | null>;
  /** Those that people made and that have not ended, newest first. */
  shared(environmentId: string, now: Date, page: PageRequest): Promise<Page<PreviewLink>>;
  countShared(environmentId: string, now: Date): Promise<number>;
  /** False when the environment has no such link. */
  revoke(environmentId: string, id: string): Promise<boolean>;
  deleteOfProject(projectId: string): Promise<void>;
  deleteExpired(before: Date): Promise<number>;
}

export interface PreviewAccessPorts {
  readonly previewPasswords: PreviewPasswordStore;
  readonly previewLinks: PreviewLinkStore;
}
