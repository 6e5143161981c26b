import { createHash, randomBytes } from 'node:crypto';

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

export interface TokenStore {
  /** Stores the hash only; the caller shows the token once. */
  issue(token: { hash: string; scope: TokenScope; expiresAt: Date | null }): Promise<void>;
  /** Null when unknown, or past its date: expiry indexes are housekeeping only. */
  find(hash: string, now: Date): Promise<TokenScope | null>;
  /** Records a single-use id; false when it was used before. */
  useOnce(id: string, expiresAt: Date): Promise<boolean>;
  /** Removes tokens and single-use ids that ended before then: not every database does so by itself. Answers how many. */
  deleteExpired(before: Date): Promise<number>;
}

export interface TokenPorts {
  readonly tokens: TokenStore;
}

/** A new token, shown once, and the hash that is stored. The prefix tells a leaked token's kind: of a run, or of an operator. */
export function createToken(prefix: 'vtr' | 'vto'): { readonly token: string; readonly hash: string } {
  const token = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { token, hash: hashToken(token) };
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
