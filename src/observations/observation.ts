import type { Bringer, Head } from '../environments/model.js';
import type { Actor, PullRequestFacts } from '../pull-requests/facts.js';
import type { Repo, RepoRef } from '../repositories/model.js';

export interface Observation {
  /** The webhook's action; what was found by looking is `NOTICED`. */
  readonly action: string;
  readonly repo: Omit<Repo, 'removedAt'> & { readonly installationId: number };
  readonly facts: PullRequestFacts;
  /** Who caused the webhook; of no weight for what was found by looking. */
  readonly sender: Actor & { readonly isBot?: boolean | undefined };
  readonly label?: string;
}

export function refOf(repo: Observation['repo']): RepoRef {
  return { installationId: repo.installationId, repoId: repo.id, fullName: repo.fullName };
}

/** Only the webhook of a push tells who pushed; whatever else happens to a pull request says nothing about its commits. */
export function tellsWhoPushed({ action }: Pick<Observation, 'action'>): boolean {
  return action === 'synchronize';
}

/** Who brought the newest commit, as far as it was ever told. */
export function bringerOf(
  { action, facts, sender }: Observation,
  known: readonly { readonly head: Head | null }[],
): Bringer {
  if (tellsWhoPushed({ action })) return { login: sender.login, isBot: sender.isBot ?? false };
  const told = known.find(({ head }) => head?.sha === facts.head.sha && head.by)?.head?.by;
  return told ?? { login: facts.author.login, isBot: facts.author.isBot };
}
