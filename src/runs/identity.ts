import type { TokenPorts } from '../people/api-token.js';

type Ports = TokenPorts;

/** What a verified OIDC token proves: this run, of this repository, for this pull request. Never the head commit. */
export interface Identity {
  readonly repoId: number;
  readonly ownerId: number;
  /** The current name. Names can be reused, so a repository found by name must also have the right ids. */
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
  /** The token's id. It is recorded on first use. */
  readonly jti: string;
  readonly expiresAt: Date;
}

/** Allowed difference between the clocks of the runner and the server. */
const LEEWAY_MS = 35_000;

/**
 * An identity token can be used once, so a copied one is useless: answers false for the second use. It is consumed before the first
 * write, and a refused request does not consume it.
 */
export function consumeIdentityToken(
  { tokens }: Pick<Ports, 'tokens'>,
  { jti, expiresAt }: Identity,
): Promise<boolean> {
  return tokens.useOnce(jti, new Date(expiresAt.getTime() + LEEWAY_MS));
}
