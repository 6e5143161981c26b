import { createHash, randomBytes } from 'node:crypto';
import type { Page, PageRequest } from '../shared/pages.js';

/** What an API token of a person may be used for. A session has all of them. */
export const ABILITIES = ['read', 'deploy', 'admin'] as const;
export type Ability = (typeof ABILITIES)[number];

/** Who a bearer token speaks for. A run may only touch the deployment it was made for. */
export type TokenScope =
  | { readonly kind: 'run'; readonly deploymentId: string; readonly repoId: number }
  | { readonly kind: 'operator'; readonly name: string }
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly name: string;
      readonly abilities: readonly Ability[];
      readonly projectIds: readonly string[] | null;
    };

/** A person's token, as they see it again. */
export interface PersonalToken {
  readonly id: string;
  readonly name: string;
  readonly abilities: readonly Ability[];
  readonly projectIds: readonly string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** To the minute; null while it was never used. */
  readonly lastUsedAt: Date | null;
}

export interface TokenStore {
  /** Stores the hash only; the caller shows the token once. */
  issue(token: {
    hash: string;
    scope: TokenScope;
    expiresAt: Date | null;
    /** By which a person finds it again. */
    id?: string;
  }): Promise<void>;
  /** Null when unknown, or past its date: expiry indexes are housekeeping only. Notes that a person's token was used. */
  find(hash: string, now: Date): Promise<TokenScope | null>;
  /** The tokens of a person, newest first. */
  ofUser(userId: string, page: PageRequest): Promise<Page<PersonalToken>>;
  /** False when the person has no such token. */
  revoke(userId: string, id: string): Promise<boolean>;
  /** All of a person. Answers how many. */
  revokeAll(userId: string): Promise<number>;
  /** Records a single-use id; false when it was used before. */
  useOnce(id: string, expiresAt: Date): Promise<boolean>;
  /** Removes tokens and single-use ids that ended before then: not every database does so by itself. Answers how many. */
  deleteExpired(before: Date): Promise<number>;
}

export interface TokenPorts {
  readonly tokens: TokenStore;
}

/** A new token, shown once, and the hash that is stored. The prefix tells a leaked token's kind: of a run, an operator or a person. */
export function createToken(prefix: 'vtr' | 'vto' | 'vtp'): {
  readonly token: string;
  readonly hash: string;
} {
  const token = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashToken(token) };
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
