interface Check {
  readonly deploymentId: string;
  readonly live: boolean;
  readonly at: Date;
}

const SLOT_MS = 10 * 60_000;
/** What was not looked at for so long is not live any more. */
const FORGET_MS = 60 * 60_000;

/**
 * Chooses the health checks that are kept for a week: the first one of every ten minutes, and each that differs from the one before it. The
 * others are kept for an hour.
 */
export function createThinning(): (check: Check) => boolean {
  const last = new Map<string, { readonly live: boolean; readonly keptAt: number; readonly at: number }>();
  return ({ deploymentId, live, at }) => {
    const now = at.getTime();
    const before = last.get(deploymentId);
    const kept = !before || before.live !== live || now - before.keptAt >= SLOT_MS;
    last.set(deploymentId, { live, at: now, keptAt: kept ? now : before.keptAt });
    for (const [id, one] of last) if (now - one.at > FORGET_MS) last.delete(id);
    return kept;
  };
}
