import type { UserTokens } from './sign-in.js';

/** Encrypts what must be read again: the part of the seal of `src/secrets` that people need, who stand below it. */
export interface TokenSealPorts {
  readonly seal: {
    seal(text: string, context: string): string;
    open(sealed: string, context: string): string;
  };
}

/** What GitHub allows the server to read on behalf of a person. The tokens are sealed. */
export interface GitHubConnection {
  readonly userId: string;
  readonly githubId: number;
  readonly login: string;
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly accessExpiresAt: Date | null;
  readonly refreshExpiresAt: Date | null;
  readonly scope: string;
  readonly connectedAt: Date;
  /** Grows with every new pair of tokens. */
  readonly version: number;
  /** GitHub refused the tokens: the person must sign in again. Everything else of theirs stays. */
  readonly brokenAt: Date | null;
  /** The repositories that GitHub listed for the person; null when it must be asked. */
  readonly reach: KeptReach | null;
  /** Grows with every `forgetReach`, so that a list which was asked for before is not kept after it. */
  readonly epoch: number;
}

/** The repositories that a person sees and the App is installed in. */
export interface Reach {
  readonly repoIds: readonly number[];
  /** Also those in which the person sees no repository. */
  readonly installationIds: readonly number[];
}

export interface KeptReach extends Reach {
  readonly at: Date;
}

export type NewConnection = Omit<GitHubConnection, 'version' | 'brokenAt' | 'reach' | 'epoch'>;

export type SealedTokens = Pick<
  GitHubConnection,
  'accessToken' | 'refreshToken' | 'accessExpiresAt' | 'refreshExpiresAt' | 'scope'
>;

export interface GitHubConnectionStore {
  /** Replaces what was there. */
  save(fresh: NewConnection): Promise<void>;
  get(userId: string): Promise<GitHubConnection | null>;
  /** Of several processes that want to refresh one pair of tokens, one gets the lease; it ends by itself. False for the others. */
  lease(
    seen: Pick<GitHubConnection, 'userId' | 'version'>,
    by: { owner: string; leaseMs: number },
  ): Promise<boolean>;
  /** Gives the lease back with the new tokens, or without any when GitHub could not be asked. False when the tokens were replaced. */
  refreshed(
    seen: Pick<GitHubConnection, 'userId' | 'version'>,
    result: { owner: string; tokens: SealedTokens | null },
  ): Promise<boolean>;
  /** Marks these tokens as refused by GitHub. */
  markBroken(seen: Pick<GitHubConnection, 'userId' | 'version'>): Promise<void>;
  /** Not kept when `forgetReach` was called since `seen` was read. */
  keepReach(seen: Pick<GitHubConnection, 'userId' | 'epoch'>, reach: KeptReach): Promise<void>;
  /** Which repositories people reach may have changed: in an installation, or for one person. */
  forgetReach(where: { readonly installationId: number } | { readonly githubId: number }): Promise<void>;
  remove(userId: string): Promise<boolean>;
  /** The same by GitHub's id of the person; answers how many there were. */
  removeOfAccount(githubId: number): Promise<number>;
}

export interface GitHubConnectionPorts {
  readonly connections: GitHubConnectionStore;
}

/** What the server asks of GitHub on behalf of a person. */
export interface GitHubUsers {
  /** Null when GitHub refuses the refresh token for good. Throws when it could not be asked. */
  refresh(refreshToken: string): Promise<UserTokens | null>;
  /** Ends the authorization at GitHub: all tokens of the App for this person. */
  revoke(accessToken: string): Promise<void>;
  /** The repositories that the person sees and the App is installed in; null when GitHub refuses the token. */
  reach(accessToken: string): Promise<Reach | null>;
}

export interface GitHubUserPorts {
  readonly githubUsers: GitHubUsers;
}
