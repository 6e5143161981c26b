import type { TokenPorts } from '../people/api-token.js';
import { VitrineError } from '../shared/errors.js';
import type { RunRef } from '../shared/run-ref.js';

type Ports = TokenPorts;

/** What a verified OIDC token proves: this run, of this repository, for this pull request. Never the head commit. */
export interface Identity {
  readonly repoId: number;
  readonly ownerId: number;
  /** The current name. Names can be reused, so a repository found by name must also have the right ids. */
  readonly repository?: string | undefined;
  /** Null when the run belongs to a branch: after a merge, or when a person or a schedule started it. */
  readonly pullRequest: number | null;
  /** The branch of such a run. */
  readonly branch?: string | undefined;
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

/** Called before the first write that this identity allows. */
export async function requireUnusedToken(ports: Pick<Ports, 'tokens'>, identity: Identity): Promise<void> {
  if (await consumeIdentityToken(ports, identity)) return;
  throw new VitrineError('unauthorized', 'This identity token was used before: ask GitHub for a new one.');
}

/** A request names its run, for retries; the identity proves it. */
export function requireOwnRun({ runId, runAttempt }: Identity, run: RunRef): void {
  if (runId === run.id && runAttempt === run.attempt) return;
  throw new VitrineError('forbidden', "The workflow's identity is for another run than the request names.");
}
