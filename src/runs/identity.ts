import type { TokenPorts } from '../people/api-token.js';

type Ports = TokenPorts;

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

/** Clocks of runners and servers differ by this much at most. */
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
