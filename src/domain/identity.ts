/** What a verified OIDC token proves: this run, of this repository, for this pull request. Never the head commit. */
export interface Identity {
  readonly repoId: number;
  readonly ownerId: number;
  readonly pullRequest: number;
  readonly runId: string;
  readonly runAttempt: number;
  readonly actorId: number;
  readonly actor: string;
  readonly mergeSha: string;
  readonly eventName: string;
  /** Single use: recorded before the token is believed. */
  readonly jti: string;
  readonly expiresAt: Date;
}
