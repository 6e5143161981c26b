/** Which check runs of a commit are looked at. */
export const CHECKS_ASKED = { check_name: 'Preview', filter: 'all', per_page: 100 } as const;

/** What a run calls its own where the App has a check `Preview` on the commit: two of one name would puzzle. */
export const CHECK_BESIDE_APP = 'Preview (workflow run)';

/** Which deployments of a repository. One environment for all pull requests: one line in its list, not hundreds. */
export const DEPLOYMENTS_ASKED = { environment: 'preview', per_page: 100 } as const;
