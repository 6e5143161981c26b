import type { PullRequestFacts } from '../pull-requests/facts.js';

/** `older`: a late delivery. `tie`: written in the same second, only GitHub knows which came last. */
export type Freshness = 'newer' | 'same' | 'older' | 'tie';

/** GitHub promises no order of deliveries; `updated_at` has a grain of one second. */
export function freshness(known: PullRequestFacts | null, seen: PullRequestFacts): Freshness {
  if (!known) return 'newer';
  const step = seen.updatedAt.getTime() - known.updatedAt.getTime();
  if (step !== 0) return step > 0 ? 'newer' : 'older';
  return fingerprint(known) === fingerprint(seen) ? 'same' : 'tie';
}

function fingerprint(facts: PullRequestFacts): string {
  return JSON.stringify([
    facts.head.sha,
    facts.state,
    facts.draft,
    facts.base.ref,
    facts.title,
    [...facts.labels].sort(),
  ]);
}
