import type { GitHub } from './github.js';
import { listChecks, isOfApp } from './list-checks.js';

export interface Around {
  readonly number: number;
  /** The head before this push; null when the event does not tell. */
  readonly previousSha: string | null;
}

/** Whether the App looks after this pull request, although it has not come to this commit yet: then it will. */
export async function appIsAround(github: GitHub, { number, previousSha }: Around): Promise<boolean> {
  if (await hasCommentOfApp(github, number)) return true;
  return previousSha !== null && (await listChecks(github, { sha: previousSha, name: null })).some(isOfApp);
}

/** Anybody can copy the marker, but only an App writes as a bot. */
async function hasCommentOfApp({ octokit, at }: GitHub, number: number): Promise<boolean> {
  const marker = new RegExp(`^<!-- vitrine:\\d+:${String(number)} -->`);
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...at,
    issue_number: number,
    per_page: 100,
  });
  for await (const { data } of pages)
    if (data.some(({ user, body }) => user?.type === 'Bot' && marker.test(body ?? ''))) return true;
  return false;
}
