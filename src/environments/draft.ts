import { ENVIRONMENT_STATUS } from '../shared/status/words.js';
import { type Due, PROJECTIONS, type Projection, type Reported } from './model.js';
import type { NewEnvironment, StoredEnvironment } from './store.js';

/** A new environment that is not stored yet. */
export function draftEnvironment(
  fresh: NewEnvironment,
  { id, now }: { readonly id: string; readonly now: Date },
): StoredEnvironment {
  return {
    id,
    version: 0,
    projectId: fresh.projectId,
    project: fresh.project,
    repoId: fresh.repoId,
    repository: fresh.repository,
    installationId: fresh.installationId,
    name: fresh.name,
    slug: fresh.slug,
    url: fresh.url,
    status: ENVIRONMENT_STATUS.pending,
    generation: 0,
    decision: fresh.decision ?? null,
    settings: fresh.settings ?? null,
    pullRequest: fresh.pullRequest ?? null,
    ...NOTHING_YET,
    due: EACH_NOTHING,
    createdAt: now,
    updatedAt: now,
  };
}

const NOTHING_DUE: Due = { at: null, wanted: 0, attempts: 0, error: null };

const EACH_NOTHING = Object.fromEntries(PROJECTIONS.map((name) => [name, NOTHING_DUE])) as Record<
  Projection,
  Due
>;

const NOTHING_REPORTED: Reported = { checks: [], deployments: [], commitStatus: null, comment: null };

const NOTHING_YET = {
  notes: [],
  approvedSha: null,
  admittedAt: null,
  head: null,
  current: null,
  resources: [],
  error: null,
  reported: NOTHING_REPORTED,
  expiresAt: null,
  deployedAt: null,
  destroyedAt: null,
};
