import { trusted, type Model } from 'mongoose';
import { isActive } from '../../../src/environments/model.js';
import type { EnvironmentFilter, StoredEnvironment } from '../../../src/environments/store.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';
import { E, type EnvironmentStatus } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, pageOf } from '../shared/page.js';
import { oneOf, onlyKeys, text, whole } from '../shared/query.js';
import { toEnvironment, WITHOUT_LEASE, type VisibleEnvironment } from './document.js';
import type { EnvironmentDocument } from './environment.js';

const STATUSES = Object.values(E);
const KEYS = ['projectId', 'repoId', 'repository', 'status', 'activeOnly'] as const;

/** Newest first. One index serves filter and order: each status is a sorted run of it, and the runs are merged. */
export async function listEnvironments(
  model: Model<EnvironmentDocument>,
  { filter, page }: { filter: EnvironmentFilter; page: PageRequest },
): Promise<Page<StoredEnvironment>> {
  onlyKeys(filter, KEYS);
  const limit = limitOf(page);
  const after = cursorOf(page, /^[0-9A-Za-z_-]{1,64}$/);
  const found = await model
    .find(
      {
        ...scopeOf(filter),
        status: trusted({ $in: statusesOf(filter) }),
        ...(after && { _id: trusted({ $lt: after[0] }) }),
      },
      WITHOUT_LEASE,
    )
    .sort({ _id: -1 })
    .limit(limit + 1)
    .hint(indexFor(filter))
    .lean<VisibleEnvironment[]>();
  return pageOf(found.map(toEnvironment), { limit, cursor: ({ id }) => id });
}

function scopeOf({ projectId, repoId, repository }: EnvironmentFilter): object {
  return {
    ...(projectId !== undefined && { projectId: text(projectId, 'the project') }),
    ...(repoId !== undefined && { repoId: whole(repoId, 'the repository') }),
    ...(repository !== undefined && { repository: text(repository, 'the repository') }),
  };
}

function statusesOf({ status, activeOnly }: EnvironmentFilter): EnvironmentStatus[] {
  const wanted = status === undefined ? STATUSES : [oneOf(status, STATUSES)];
  return activeOnly ? wanted.filter((each) => isActive({ status: each })) : wanted;
}

/** Named, because the planner may otherwise guess from a few documents and sort in memory. */
function indexFor({ projectId, repoId, repository }: EnvironmentFilter): string {
  if (projectId !== undefined) return 'project_status_id';
  if (repoId !== undefined) return 'repo_status_id';
  return repository !== undefined ? 'repository_status_id' : 'status_id';
}
