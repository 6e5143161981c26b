/** The repository of GitHub's own example events. */
export const REPO_ID = 186_853_002;
export const OWNER_ID = 21_031_067;
/** The pull request whose preview is deployed. */
export const PULL_REQUEST = 1;

/** The workflow run that builds a push. */
export function runIdOf(push: number): string {
  return String(1000 + push);
}
