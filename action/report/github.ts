import type { getOctokit } from '@actions/github';

/** What the reports need of GitHub, for one repository and one token. */
export interface GitHub {
  readonly octokit: ReturnType<typeof getOctokit>;
  readonly at: { readonly owner: string; readonly repo: string };
}
