import type { Environment } from '../../../src/environments/model.js';

export interface CommitRef {
  readonly short: string;
  /** Where GitHub shows it, within its pull request. */
  readonly url: string;
}

/** GitHub links commits in plain words by itself, but in those of our own repository only; a link of ours is always right. */
export function commitRef(environment: Environment, sha: string): CommitRef {
  const pull = environment.pullRequest?.url;
  return { short: sha.slice(0, 7), url: pull ? `${pull}/commits/${sha}` : '' };
}

/** The first line of a commit message. */
export function subjectOf(message: string | null | undefined): string | null {
  const subject = message?.split('\n', 1)[0]?.trim();
  return subject ? subject : null;
}
