import { types } from 'node:util';
import type { Projection } from '../../src/environments/model.js';
import type { Claim, EnvironmentStore, HeldClaim } from '../../src/environments/store.js';
import { isGitHubFailure } from '../../src/repositories/github.js';
import type { Log } from '../../src/shared/tools.js';
import { type Backoff, backoffMs, createLane } from './lease-worker.js';

/** What a reconciler may ask for; nothing means that the projection is true now. */
interface Outcome {
  readonly retryInMs?: number;
  readonly error?: string;
}

/** Makes one projection of the claimed environment true. Throws to be tried again later. */
export type Reconciler = (claim: HeldClaim) => Promise<Outcome> | Promise<void>;

export interface RunnerOptions {
  readonly environments: EnvironmentStore;
  readonly reconcilers: Readonly<Record<Projection, Reconciler>>;
  readonly owner: string;
  readonly log: Log;
  readonly concurrency: number;
  readonly leaseMs?: number;
  readonly pollMs?: number;
  readonly random?: () => number;
}

const LEASE_MS = 15_000;

const POLL_MS = 1_000;

const DAY_MS = 24 * 60 * 60_000;

/** GitHub is back soon; a cluster that does not let go may take a day. */
const BACKOFF: Readonly<Record<Projection, Backoff>> = {
  report: { firstMs: 1_000, capMs: 5 * 60_000 },
  teardown: { firstMs: 1_000, capMs: DAY_MS },
};

/** What GitHub forbids, or does not show us, waits for a person, and every try costs of what may be written: not often, yet by itself. */
const SHUT_OUT: Backoff = { firstMs: 5 * 60_000, capMs: 6 * 60 * 60_000 };

/** Makes due projections true: claims by lease, keeps the lease while it works, and tries again later what failed. */
export function createRunner(options: RunnerOptions) {
  const {
    environments,
    reconcilers,
    owner,
    log,
    concurrency,
    leaseMs = LEASE_MS,
    pollMs = POLL_MS,
  } = options;
  const projections = Object.keys(reconcilers) as Projection[];
  const lanes = projections.map((projection) => {
    const claim = async () => {
      const since = thisMoment();
      const found = await environments.claim(projection, { owner, leaseMs });
      return found ? [{ claim: found, since }] : [];
    };
    const work = (item: Taken) => settle(options, item);
    return [
      projection,
      createLane({ name: projection, log, claim, work, room: () => concurrency, pollMs }),
    ] as const;
  });

  return {
    start: () => lanes.forEach(([, lane]) => lane.start()),
    poke: (wanted?: Projection) =>
      lanes.filter(([projection]) => !wanted || projection === wanted).forEach(([, lane]) => lane.poke()),
    /** One projection may make another due, so it goes round until a whole round finds nothing. */
    async drain(): Promise<number> {
      let total = 0;
      for (let did = -1; did !== 0; total += did) {
        did = 0;
        for (const [, lane] of lanes) did += await lane.drain();
      }
      return total;
    },
    stop: async (withinMs: number) => {
      await Promise.all(lanes.map(([, lane]) => lane.stop(withinMs)));
    },
  };
}

interface Taken {
  readonly claim: Claim;
  /** Before it was asked for. */
  readonly since: Moment;
}

async function settle(options: RunnerOptions, taken: Taken): Promise<void> {
  const { environments, log } = options;
  const { claim } = taken;
  const outcome = await holding(options, taken);
  const fields = { projection: claim.projection, environment: claim.environment.slug };
  if (outcome.error)
    log('warn', 'projection failed', { ...fields, error: outcome.error, retryInMs: outcome.retryInMs });
  try {
    await environments.release(claim, outcome);
  } catch (error) {
    // The lease runs out by itself: whoever claims it next finds the work done, or does it.
    log('warn', 'a claim could not be given back', { ...fields, error });
  }
}

/** Works under the lease, which is renewed until the work is done or somebody else has taken over. */
async function holding(options: RunnerOptions, taken: Taken): Promise<Outcome> {
  const { environments, reconcilers, leaseMs = LEASE_MS } = options;
  const { claim, letGo } = holdClaim({ environments, leaseMs }, taken);
  try {
    return (await reconcilers[claim.projection](claim)) ?? {};
  } catch (error) {
    return {
      error: types.isNativeError(error) ? error.message : String(error),
      retryInMs: pause(options, claim, error),
    };
  } finally {
    letGo();
  }
}

/** Of several failures, the one that can be tried again first decides; what is refused for good delays nothing else. */
function pause(options: RunnerOptions, claim: Claim, error: unknown): number {
  const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const open = all.filter((one) => !isRefusedForGood(one));
  // It will be refused tomorrow too, unless the document changes: then it is due at once.
  return open.length === 0 ? DAY_MS : Math.min(...open.map((one) => pauseAfter(options, claim, one)));
}

function pauseAfter({ random = Math.random }: RunnerOptions, claim: Claim, error: unknown): number {
  if (isGitHubFailure(error) && error.retryInMs !== undefined) return error.retryInMs;
  const { projection, environment } = claim;
  const backoff = isShutOut(error) ? SHUT_OUT : BACKOFF[projection];
  return backoffMs(backoff, environment.due[projection].attempts, random);
}

function isShutOut(error: unknown): boolean {
  return isGitHubFailure(error) && (error.kind === 'unauthorized' || error.kind === 'gone');
}

function isRefusedForGood(error: unknown): boolean {
  return isGitHubFailure(error) && error.kind === 'poison' && error.retryInMs === undefined;
}

/** A moment on both clocks: one stands still while the machine sleeps, the other may jump. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}

interface Hold {
  readonly claim: HeldClaim;
  letGo(): void;
}

export function thisMoment(): Moment {
  return { steady: performance.now(), wall: Date.now() };
}

/**
 * Keeps the lease of a claim alive until it is let go. As long as half the lease has not passed since before it was given, nobody else
 * can have taken over, and that costs no question; what is sent then lands before the lease ends.
 */
export function holdClaim(
  {
    environments,
    leaseMs,
  }: { readonly environments: Pick<EnvironmentStore, 'renew'>; readonly leaseMs: number },
  { claim, since }: { readonly claim: Claim; readonly since: Moment },
): Hold {
  let certain = since;
  let lost = false;
  const renew = async (): Promise<boolean> => {
    const asked = thisMoment();
    const still = await environments.renew(claim, leaseMs);
    if (still) certain = asked;
    else fallSilent();
    return still;
  };
  const timer = setInterval(() => void renew().catch(() => undefined), leaseMs / 3);
  const fallSilent = (): void => {
    lost = true;
    clearInterval(timer);
  };
  return {
    claim: { ...claim, held: async () => !lost && (passedSince(certain) < leaseMs / 2 || renew()) },
    letGo: () => clearInterval(timer),
  };
}

function passedSince({ steady, wall }: Moment): number {
  const now = thisMoment();
  return Math.max(now.steady - steady, now.wall - wall);
}
