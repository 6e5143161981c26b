import { Schema, type Connection, type Model } from 'mongoose';
import type { Projection } from '../../../src/environments/model.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { strictSchema } from '../shared/schema.js';

/** The right to work on one projection. The fence only grows, so that a holder who overslept is recognised. */
export interface Lease {
  readonly owner: string | null;
  readonly until: Date;
  readonly fence: number;
}

export interface EnvironmentDocument extends Omit<StoredEnvironment, 'id'> {
  readonly _id: string;
  readonly lease: Readonly<Record<Projection, Lease>>;
}

export const ENVIRONMENTS = 'environments';

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
  notes: [String],
  approvedSha: String,
  admittedAt: Date,
  pullRequest: Mixed,
  head: Mixed,
  current: Mixed,
  resources: [Mixed],
  error: String,
  reported: Mixed,
  tellAgain: Number,
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
