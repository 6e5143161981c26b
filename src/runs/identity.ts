/** What a verified OIDC token proves: this run, of this repository, for this pull request. Never the head commit. */
export interface Identity {
  readonly repoId: number;
  readonly ownerId: number;
  /** As it is called now. Names can be taken over: whatever is found by it must have the ids. */
  readonly repository?: string | undefined;
  readonly pullRequest: number;
  readonly runId: string;
  readonly runAttempt: number;
  readonly actorId: number;
  readonly actor: string;
  readonly mergeSha: string;
  readonly eventName: string;
  /** The file of the workflow: `.github/workflows/preview.yml`. */
  readonly workflow?: string | undefined;
  /** Single use: recorded before the token is believed. */
  readonly jti: string;
  readonly expiresAt: Date;
}
