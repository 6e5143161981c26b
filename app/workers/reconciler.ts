import type { Projection } from '../../src/environments/model.js';
import type { Claim, EnvironmentStore, HeldClaim } from '../../src/environments/store.js';
import { hasLostAccess, isGitHubFailure } from '../../src/repositories/github.js';
import type { Log } from '../../src/shared/tools.js';
import { messageOf } from '../../src/shared/errors.js';
import { type Backoff, backoffMs, createLeaseWorker, OUTAGE_CAP_MS } from './lease-worker.js';

/** What a reconciler asks for. An empty outcome means that the projection is true now. */
interface Outcome {
  readonly retryInMs?: number;
  readonly error?: string;
  /** The reconciler has ended the claim with its last write. */
  readonly released?: boolean;
}

/** Makes one projection of the claimed environment true. When it throws, it is tried again later. */
export type Reconciler = (claim: HeldClaim) => Promise<Outcome> | Promise<void>;

export interface RunnerOptions {
  readonly environments: EnvironmentStore;
  /** A projection without one stays due: another server may reconcile it. */
  readonly reconcilers: Readonly<Partial<Record<Projection, Reconciler>>>;
  readonly owner: string;
  readonly log: Log;
  /** How many of a projection may be in work at once. */
  readonly room: (projection: Projection) => number;
  readonly leaseMs?: number;
  readonly pollMs?: number;
  readonly random?: () => number;
}

const LEASE_MS = 15_000;

const POLL_MS = 1_000;

const DAY_MS = 24 * 60 * 60_000;

/** GitHub is usually back soon; a target that cannot destroy a resource may need a day. */
const BACKOFF: Readonly<Record<Projection, Backoff>> = {
  report: { firstMs: 1_000, capMs: OUTAGE_CAP_MS },
  teardown: { firstMs: 1_000, capMs: DAY_MS },
  screenshot: { firstMs: 15_000, capMs: 60 * 60_000 },
};

/**
 * For what GitHub forbids or hides. It may do so for a moment only: it takes seconds until all of GitHub knows a new token. Otherwise a
 * person must change that, and every try uses up some of the write limit. So it is tried soon at first, and ever more rarely.
 */
const REFUSED_BACKOFF: Backoff = { firstMs: 2_000, capMs: 6 * 60 * 60_000 };

/** Makes due projections true: claims them by lease, renews the lease during the work, and tries failed ones again later. */
export function createRunner(options: RunnerOptions) {
  const { environments, reconcilers, owner, log, room, leaseMs = LEASE_MS, pollMs = POLL_MS } = options;
  const projections = Object.keys(reconcilers) as Projection[];
  const workers = projections.map((projection) => {
    const claim = async () => {
      const since = readClocks();
      const found = await environments.claim(projection, { owner, leaseMs });
      return found ? [{ claim: found, since }] : [];
    };
    const work = (item: Taken) => workAndRelease(options, item);
    const keyOf = ({ claim: { environment } }: Taken) => environment.id;
    return [
      projection,
      createLeaseWorker({
        ...{ name: projection, log, claim, work, keyOf, pollMs },
        room: () => room(projection),
      }),
    ] as const;
  });

  return {
    start: () => workers.forEach(([, worker]) => worker.start()),
    /** A projection of one environment became due. */
    poke: (due: Projection, environmentId: string) =>
      workers
        .filter(([projection]) => projection === due)
        .forEach(([, worker]) => worker.poke({ key: environmentId })),
    /** One projection may make another due, so this repeats until a whole round finds nothing. */
    async drain(): Promise<number> {
      let total = 0;
      for (let done = -1; done !== 0; total += done) {
        done = 0;
        for (const [, worker] of workers) done += await worker.drain();
      }
      return total;
    },
    stop: async (withinMs: number) => {
      await Promise.all(workers.map(([, worker]) => worker.stop(withinMs)));
    },
  };
}

interface Taken {
  readonly claim: Claim;
  /** Read before the claim was sent. */
  readonly since: Moment;
}

async function workAndRelease(options: RunnerOptions, taken: Taken): Promise<void> {
  const { environments, log } = options;
  const { claim } = taken;
  const outcome = await workUnderLease(options, taken);
  const fields = { projection: claim.projection, environment: claim.environment.slug };
  if (outcome.error)
    log('warn', 'projection failed', { ...fields, error: outcome.error, retryInMs: outcome.retryInMs });
  if (outcome.released === true) return;
  try {
    await environments.release(claim, outcome);
  } catch (error) {
    // The lease runs out. The next claim finds the work done, or does it.
    log('warn', 'a claim could not be released', { ...fields, error });
  }
}

/** Works under the lease, which is renewed until the work is done or another process has taken over. */
async function workUnderLease(options: RunnerOptions, taken: Taken): Promise<Outcome> {
  const { environments, reconcilers, leaseMs = LEASE_MS } = options;
  const { claim, stopRenewing } = holdClaim({ environments, leaseMs }, taken);
  try {
    return (await reconcilers[claim.projection]?.(claim)) ?? {};
  } catch (error) {
    return {
      error: messageOf(error),
      retryInMs: retryDelay(options, claim, error),
    };
  } finally {
    stopRenewing();
  }
}

/** Of several failures, the one with the shortest delay decides. A failure that GitHub refuses for good delays no other. */
function retryDelay(options: RunnerOptions, claim: Claim, error: unknown): number {
  const all: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const retryable = all.filter((one) => !isRefusedForGood(one));
  // GitHub would refuse it again. A change of the document makes it due at once.
  return retryable.length === 0
    ? DAY_MS
    : Math.min(...retryable.map((one) => retryDelayAfter(options, claim, one)));
}

function retryDelayAfter({ random = Math.random }: RunnerOptions, claim: Claim, error: unknown): number {
  if (isGitHubFailure(error) && error.retryInMs !== undefined) return error.retryInMs;
  const { projection, environment } = claim;
  const backoff = hasLostAccess(error) ? REFUSED_BACKOFF : BACKOFF[projection];
  return backoffMs(backoff, environment.due[projection].attempts, random);
}

function isRefusedForGood(error: unknown): boolean {
  return isGitHubFailure(error) && error.kind === 'poison' && error.retryInMs === undefined;
}

/** Both clocks: the steady one stops while the machine sleeps, the wall clock may jump. */
interface Moment {
  readonly steady: number;
  readonly wall: number;
}

interface Hold {
  readonly claim: HeldClaim;
  stopRenewing(): void;
}

export function readClocks(): Moment {
  return { steady: performance.now(), wall: Date.now() };
}

/**
 * Renews the lease of a claim until `stopRenewing`. Within half the lease after the claim or its last renewal was sent, no other process
 * can have taken over, so `held` answers without asking the database, and a request that is sent then arrives before the lease ends.
 */
export function holdClaim(
  {
    environments,
    leaseMs,
  }: { readonly environments: Pick<EnvironmentStore, 'renew'>; readonly leaseMs: number },
  { claim, since }: { readonly claim: Claim; readonly since: Moment },
): Hold {
  let confirmed = since;
  let lost = false;
  const renew = async (): Promise<boolean> => {
    const sentAt = readClocks();
    const renewed = await environments.renew(claim, leaseMs);
    if (renewed) confirmed = sentAt;
    else giveUp();
    return renewed;
  };
  const timer = setInterval(() => void renew().catch(() => undefined), leaseMs / 3);
  const giveUp = (): void => {
    lost = true;
    clearInterval(timer);
  };
  return {
    claim: { ...claim, held: async () => !lost && (msSince(confirmed) < leaseMs / 2 || renew()) },
    stopRenewing: () => clearInterval(timer),
  };
}

function msSince({ steady, wall }: Moment): number {
  const now = readClocks();
  return Math.max(now.steady - steady, now.wall - wall);
}
