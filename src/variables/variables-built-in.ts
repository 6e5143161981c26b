export interface BuiltInFacts {
  readonly url: string;
  readonly environment: string;
  readonly project: string;
  readonly sha: string;
  readonly branch: string;
  readonly pullRequest?: { readonly number: number; readonly baseBranch: string } | undefined;
}

/** What every build and every preview is told about itself. */
export function builtInVariables(facts: BuiltInFacts): Record<string, string> {
  const { pullRequest } = facts;
  return {
    PREVIEW: 'true',
    PREVIEW_URL: facts.url,
    PREVIEW_PR_NUMBER: pullRequest ? String(pullRequest.number) : '',
    PREVIEW_BRANCH: facts.branch,
    PREVIEW_BASE_BRANCH: pullRequest?.baseBranch ?? '',
    PREVIEW_COMMIT_SHA: facts.sha,
    PREVIEW_ENVIRONMENT: facts.environment,
    PREVIEW_PROJECT: facts.project,
  };
}

const NOTHING: BuiltInFacts = { url: '', environment: '', project: '', sha: '', branch: '' };
export const BUILT_IN_NAMES: readonly string[] = Object.keys(builtInVariables(NOTHING));
