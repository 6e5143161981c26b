import type { StoredEnvironment } from '../environments/store.js';
import { projectsOf } from '../settings/settings.js';
import { headDeployment } from './report-head.js';
import type { Lookup } from './report-lookup.js';
import type { CommentReport } from './reporter.js';

interface Scene {
  readonly environment: StoredEnvironment;
  readonly siblings: readonly StoredEnvironment[];
}

/**
 * One environment speaks for all projects of the pull request, so that two never write one comment: who has begun to, else that of the
 * first project the settings name, which may not be there yet.
 */
export function leadOf({ environment, siblings }: Scene): StoredEnvironment | undefined {
  const speaker = siblings.filter(({ reported }) => reported.comment !== null).sort(byAge)[0];
  if (speaker) return speaker;
  const { settings, repository, project } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  const first = siblings.find((sibling) => sibling.project === names[0]);
  return names.includes(project) ? first : (first ?? [...siblings].sort(byAge)[0]);
}

function byAge(a: StoredEnvironment, b: StoredEnvironment): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}

/** Null when another environment owns the comment, or nothing is to be said. */
export async function desiredComment(
  lookup: Lookup,
  { environment, siblings }: Scene,
): Promise<CommentReport | null> {
  const { pullRequest } = environment;
  if (!pullRequest || leadOf({ environment, siblings })?.id !== environment.id) return null;
  const rows = await Promise.all(
    siblings.map(async (sibling) => ({
      environment: sibling,
      deployment: await headDeployment(lookup, sibling),
    })),
  );
  const silent = rows.every(
    (row) => row.environment.decision?.action === 'skip' && row.environment.current === null,
  );
  if (silent && environment.reported.comment === null) return null;
  return {
    number: pullRequest.number,
    marker: `<!-- vitrine:${environment.repoId}:${pullRequest.number} -->`,
    rows,
  };
}
