import { z } from 'zod';
import type { Identity } from '../../../src/runs/identity.js';
import { VitrineError } from '../../../src/shared/errors.js';

const LEEWAY_S = 30;
const LONGEST_LIFE_S = 15 * 60;

/** Ids come as strings; a number would have been rounded above 2^53, and other programs may read an id with a space as another id. */
const NumericId = z
  .string()
  .regex(/^[1-9]\d{0,15}$/)
  .transform(Number)
  .refine(Number.isSafeInteger);
const Seconds = z.int().nonnegative();

const Claims = z.object({
  iss: z.string(),
  aud: z.string(),
  exp: Seconds,
  iat: Seconds,
  nbf: Seconds.optional(),
  jti: z.string().min(1).max(200),
  repository_id: NumericId,
  repository_owner_id: NumericId,
  event_name: z.string().max(100),
  ref: z.string().max(1_000),
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  run_id: z.string().regex(/^[1-9]\d{0,19}$/),
  run_attempt: z
    .string()
    .regex(/^[1-9]\d{0,4}$/)
    .transform(Number),
  actor_id: NumericId,
  actor: z.string().min(1).max(100),
  repository: z.string().max(300).optional().catch(undefined),
  workflow_ref: z.string().max(1_000).optional().catch(undefined),
});
type Claims = z.infer<typeof Claims>;

interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly now: Date;
  readonly purpose: Purpose;
}

/** Removing what an earlier run made takes less than deploying: the pull request may be merged, and a person may start the run. */
export type Purpose = 'deploy' | 'remove';

/** Checks the claims of a token with a valid signature. `sub`, `repository` and `actor` are not used for authorization: they can change. */
export function readClaims(payload: unknown, expected: Expected): Identity {
  const parsed = Claims.safeParse(payload);
  if (!parsed.success)
    throw refused(`its claim ${parsed.error.issues[0]?.path.join('.') ?? ''} is missing or strange`);
  const claims = parsed.data;
  if (claims.iss !== expected.issuer) throw refused('it comes from another issuer');
  if (claims.aud !== expected.audience)
    throw refused(
      `it was made for another server: the input "server-url" of the Action must be ${expected.audience}, the PUBLIC_URL of this server`,
    );
  checkTimes(claims, Math.floor(expected.now.getTime() / 1000));
  return {
    ...identityOf(claims),
    ...(expected.purpose === 'remove' ? placeToRemove(claims) : placeToDeploy(claims)),
  };
}

export function refused(reason: string): VitrineError {
  return new VitrineError('unauthorized', `The identity token was refused: ${reason}.`);
}

function checkTimes({ exp, iat, nbf = 0 }: Claims, now: number): void {
  if (exp + LEEWAY_S < now) throw refused('it has expired; ask for a fresh one');
  if (iat - LEEWAY_S > now || nbf - LEEWAY_S > now)
    throw refused('it is not valid yet; check the clock of this server');
  if (exp <= iat || exp - iat > LONGEST_LIFE_S) throw refused('it lives longer than 15 minutes');
}

const REFUSED_EVENTS: Readonly<Record<string, string>> = {
  pull_request_target: 'it runs foreign code next to your secrets; use pull_request',
  push: 'previews of branches are not made yet; use pull_request',
  workflow_dispatch: 'previews started by hand are not made yet; use pull_request',
};

type Place = Pick<Identity, 'pullRequest' | 'branch'>;

function placeToDeploy({ event_name: eventName, ref }: Claims): Place {
  if (eventName !== 'pull_request') {
    throw forbidden(`the event ${quoted(eventName)} may not deploy: ${reasonAgainst(eventName)}`);
  }
  const pullRequest = pullRequestOf(ref);
  if (pullRequest === null) {
    throw forbidden(
      'it does not belong to an open pull request; after a merge there is nothing left to preview',
    );
  }
  return { pullRequest };
}

const REMOVING_EVENTS: readonly string[] = ['pull_request', 'workflow_dispatch', 'schedule'];

/** The run of a merge belongs to the branch that was merged into: https://docs.github.com/actions/reference/workflows-and-actions/contexts#github-context */
function placeToRemove({ event_name: eventName, ref }: Claims): Place {
  if (!REMOVING_EVENTS.includes(eventName))
    throw forbidden(
      `the event ${quoted(eventName)} may remove nothing: use pull_request, workflow_dispatch or schedule`,
    );
  return { pullRequest: pullRequestOf(ref), branch: /^refs\/heads\/(.+)$/.exec(ref)?.[1] };
}

function pullRequestOf(ref: string): number | null {
  const number = /^refs\/pull\/([1-9]\d{0,9})\/merge$/.exec(ref)?.[1];
  return number === undefined ? null : Number(number);
}

function identityOf(claims: Claims): Omit<Identity, 'pullRequest' | 'branch'> {
  return {
    repoId: claims.repository_id,
    ownerId: claims.repository_owner_id,
    repository: claims.repository,
    runId: claims.run_id,
    runAttempt: claims.run_attempt,
    actorId: claims.actor_id,
    actor: claims.actor,
    mergeSha: claims.sha,
    eventName: claims.event_name,
    workflow: workflowOf(claims.workflow_ref),
    jti: claims.jti,
    expiresAt: new Date(claims.exp * 1000),
  };
}

/** `octo/site/.github/workflows/preview.yml@refs/pull/1/merge` without the repository, which can be renamed, and the branch. */
function workflowOf(ref: string | undefined): string | undefined {
  return ref && /^[^/@]+\/[^/@]+\/(\.github\/workflows\/[^@]+)@/.exec(ref)?.[1];
}

function reasonAgainst(event: string): string {
  return Object.hasOwn(REFUSED_EVENTS, event) ? String(REFUSED_EVENTS[event]) : 'use pull_request';
}

function quoted(event: string): string {
  return `"${event.replace(/[^\w.-]/g, '?').slice(0, 40)}"`;
}

function forbidden(reason: string): VitrineError {
  return new VitrineError('forbidden', `This workflow run may not deploy: ${reason}.`);
}
