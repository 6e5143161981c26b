import { type Connection, type Model, Schema } from 'mongoose';
import { type Step, stepOf } from '../../../src/environments/history.js';
import { type Due, isUnwell, type Projection } from '../../../src/environments/model.js';
import type {
  EnvironmentPatch,
  EnvironmentWrite,
  StoredEnvironment,
} from '../../../src/environments/store.js';
import { ENVIRONMENT_STATUS, type EnvironmentStatus } from '../../../src/shared/status/words.js';
import { strictSchema } from '../shared/schema.js';

/** Leases and announcements are internal to the store, and the steps are read by themselves. */
export type VisibleEnvironment = Omit<EnvironmentDocument, 'lease' | 'announcedAt' | 'steps'>;

export const VISIBLE = { lease: 0, announcedAt: 0, steps: 0 } as const;

export function visibleOf({
  lease: _lease,
  announcedAt: _at,
  steps: _steps,
  ...visible
}: EnvironmentDocument): VisibleEnvironment {
  return visible;
}

export function toEnvironment({ _id, ...rest }: VisibleEnvironment): StoredEnvironment {
  return { id: _id, ...rest };
}

export function orNull(document: VisibleEnvironment | null): StoredEnvironment | null {
  return document && toEnvironment(document);
}

/** A new environment that is stored with what was decided on it, in one write. */
export function documentOf(
  draft: StoredEnvironment,
  { patch, due, step }: Pick<EnvironmentWrite, 'patch' | 'due' | 'step'>,
): EnvironmentDocument {
  const { id: _id, ...fields } = { ...draft, ...patch };
  const at = new Date(draft.createdAt.getTime() - CLOCKS_DIFFER_MS);
  const wanted: Due = { at, wanted: 1, attempts: 0, error: null };
  return {
    _id,
    ...fields,
    ...(isAnnounced(draft, patch) && { announcedAt: draft.createdAt }),
    due: { ...fields.due, ...Object.fromEntries(due.map((projection) => [projection, wanted])) },
    steps: step ? [stepOf(draft, { patch, step, at: draft.createdAt })] : [],
    lease: each((): Lease => ({ owner: null, until: new Date(0), fence: 0 })),
  };
}

/** Notifications are made of it afterwards, also when this process ends first. */
export function isAnnounced(
  seen: Pick<StoredEnvironment, 'status' | 'health'>,
  { status, health }: EnvironmentPatch,
): boolean {
  if (isUnwell(health) && !isUnwell(seen.health)) return true;
  const told: readonly (EnvironmentStatus | undefined)[] = [
    ENVIRONMENT_STATUS.awaitingApproval,
    ENVIRONMENT_STATUS.destroyed,
  ];
  return status !== seen.status && told.includes(status);
}

/** What is due is claimed by the clock of the database, which an insert cannot read. */
const CLOCKS_DIFFER_MS = 60_000;

function each<T>(make: () => T): Record<Projection, T> {
  return { report: make(), teardown: make(), screenshot: make() };
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
  /** The newest last. Absent in older documents. */
  readonly steps?: readonly Step[];
  /** When it came into a status that may be worth a notification; absent once those were made. */
  readonly announcedAt?: Date;
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
  hookFailure: String,
  admittedAt: Date,
  pullRequest: Mixed,
  head: Mixed,
  current: Mixed,
  health: Mixed,
  activeAt: Date,
  asleep: Mixed,
  resources: [Mixed],
  error: String,
  reported: Mixed,
  reportEpoch: Number,
  due: { report: due, teardown: due, screenshot: due },
  lease: { report: lease, teardown: lease, screenshot: lease },
  steps: [Mixed],
  announcedAt: Date,
  expiresAt: Date,
  pinned: Mixed,
  createdAt: Date,
  updatedAt: Date,
  deployedAt: Date,
  destroyedAt: Date,
});

export function environmentModel(connection: Connection): Model<EnvironmentDocument> {
  return connection.model<EnvironmentDocument>(ENVIRONMENTS, environmentSchema, ENVIRONMENTS);
}
