import type { Claim, EnvironmentStore, HeldClaim } from '../../src/environments/store.js';

/** A moment on both clocks: one stands still while the machine sleeps, the other may jump. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

export interface Hold {
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
