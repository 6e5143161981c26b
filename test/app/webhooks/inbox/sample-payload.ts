const SHA = 'a'.repeat(40);

/** A small `pull_request` payload in GitHub's shape; the whole ones are in @octokit/webhooks-examples. */
export function pullRequestPayload(changes: Readonly<Record<string, unknown>> = {}) {
  const repo = {
    id: 11,
    full_name: 'acme/hello',
    default_branch: 'main',
    private: false,
    owner: { id: 1, login: 'acme' },
  };
  const side = (ref: string) => ({ ref, sha: SHA, repo: { id: 11 } });
  return {
    action: 'opened',
    number: 7,
    pull_request: {
      id: 70,
      number: 7,
      title: 'Change the greeting',
      html_url: 'https://github.com/acme/hello/pull/7',
      state: 'open',
      updated_at: '2026-11-20T12:00:00Z',
      head: side('feature'),
      base: side('main'),
      ...changes,
    },
    repository: repo,
    installation: { id: 5 },
    sender: { id: 1, login: 'octocat' },
  };
}
