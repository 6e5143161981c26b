/** Where the log of this run is, as far as the runner says; empty when it does not. */
export function logsUrlOf(env: Readonly<Record<string, string | undefined>>): string {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
  if (!repository || !id) return '';
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  return `${server}/${repository}/actions/runs/${id}/attempts/${env['GITHUB_RUN_ATTEMPT'] || '1'}`;
}
