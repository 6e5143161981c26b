import { type Connection, type Model, Schema } from 'mongoose';
import type { Due, Projection, Reported } from '../../../src/environments/model.js';
import type { NewEnvironment, StoredEnvironment } from '../../../src/environments/store.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { strictSchema } from '../shared/schema.js';

/** Leases are internal to the store. */
export type VisibleEnvironment = Omit<EnvironmentDocument, 'lease'>;

export const WITHOUT_LEASE = { lease: 0 } as const;

export function toEnvironment({ _id, ...rest }: VisibleEnvironment): StoredEnvironment {
  return { id: _id, ...rest };
}

export function orNull(document: VisibleEnvironment | null): StoredEnvironment | null {
  return document && toEnvironment(document);
}

export function freshEnvironment(
  fresh: NewEnvironment,
  { id, now }: { id: string; now: Date },
): EnvironmentDocument {
  return {
    _id: id,
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
    due: each((): Due => ({ at: null, wanted: 0, attempts: 0, error: null })),
    lease: each((): Lease => ({ owner: null, until: new Date(0), fence: 0 })),
    createdAt: now,
    updatedAt: now,
  };
}

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

function each<T>(make: () => T): Record<Projection, T> {
  return { report: make(), teardown: make() };
}

/** The right to work on one projection. The fence only grows, so that writes under an expired lease are refused. */
interface Lease {
  readonly owner: string | null;
  readonly until: Date;
  readonly fence: number;
}

export interface EnvironmentDocument extends Omit<StoredEnvironment, 'id'> {
  readonly _id: string;
  readonly lease: Readonly<Record<Projection, Lease>>;
}

const ENVIRONMENTS = 'environments';

const { Mixed } = Schema.Types;

const due = { at: Date, wanted: Number, attempts: Number, error: String };

const lease = { owner: String, until: Date, fence: Number };

const environmentSchema = strictSchema<EnvironmentDocument>({
  _id: String,
  version: Number,
  projectId: String,
  project: String,
  repoId: Number,
  repository: String,
  installationId: Number,
  name: String,
  slug: String,
  url: String,
  status: String,
  generation: Number,
  decision: Mixed,
  settings: Mixed,
  notes: [Mixed],
  approvedSha: String,
  admittedAt: Date,
  pullRequest: Mixed,
  head: Mixed,
  current: Mixed,
  resources: [Mixed],
  error: String,
  reported: Mixed,
  reportEpoch: Number,
  due: { report: due, teardown: due },
  lease: { report: lease, teardown: lease },
  expiresAt: Date,
  createdAt: Date,
  updatedAt: Date,
  deployedAt: Date,
  destroyedAt: Date,
});

export function environmentModel(connection: Connection): Model<EnvironmentDocument> {
  return connection.model<EnvironmentDocument>(ENVIRONMENTS, environmentSchema, ENVIRONMENTS);
}
