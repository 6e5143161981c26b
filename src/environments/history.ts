import type { Environment } from './model.js';

/** Where a change of an environment came from. */
export const STEP_SOURCES = ['webhook', 'run', 'api', 'server'] as const;

export interface StepSource {
  readonly kind: (typeof STEP_SOURCES)[number];
  /** The delivery of a webhook, or the workflow run; null for the others. */
  readonly id: string | null;
}

/** A request to the API. */
export const BY_API: StepSource = { kind: 'api', id: null };

/** The sweep, expiry and the limits of the server itself. */
export const BY_SERVER: StepSource = { kind: 'server', id: null };

/** Who is named where the server acted by itself. */
export const SERVER_ACTOR = 'vitrine';

/** Why an environment is changed: stored with the change, in the same write. */
export interface NewStep {
  readonly action: string;
  readonly rule: string;
  /** A sentence for people. */
  readonly detail: string;
  /** A login, the name of a token, or `vitrine`. */
  readonly actor: string;
  readonly source: StepSource;
}

/** One link of the chain that led an environment to what it is. */
export interface Step extends NewStep {
  readonly at: Date;
  /** What the environment was after it. */
  readonly status: Environment['status'];
  readonly generation: number;
  readonly sha: string | null;
}

/** So many of the newest steps are kept with each environment. */
export const STEPS_KEPT = 50;

type Before = Pick<Environment, 'status' | 'generation' | 'head' | 'decision'>;
type Patch = Partial<Before>;

export function stepOf(
  before: Before,
  { patch, step, at }: { readonly patch: Patch; readonly step: NewStep; readonly at: Date },
): Step {
  const head = patch.head === undefined ? before.head : patch.head;
  return {
    ...step,
    at,
    status: patch.status ?? before.status,
    generation: patch.generation ?? before.generation,
    sha: head?.sha ?? null,
  };
}

/** Most events about a pull request change nothing of its environments: they would only push the others out of the chain. */
export function changesMuch(before: Before, patch: Patch): boolean {
  const { status = before.status, generation = before.generation, decision = before.decision } = patch;
  return (
    status !== before.status ||
    generation !== before.generation ||
    decision?.action !== before.decision?.action ||
    decision?.rule !== before.decision?.rule ||
    decision?.detail !== before.decision?.detail
  );
}
