import { type Connection, type Model, Schema } from 'mongoose';
import { freshDeployment, LATER_FIELDS, type NewDeployment } from '../../../src/deployments/model.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import { strictSchema } from '../shared/schema.js';

type LaterField = keyof typeof LATER_FIELDS;

/** A document of an older version lacks some fields. */
export type VisibleDeployment = Omit<DeploymentDocument, 'sha7' | 'announcedAt' | LaterField> &
  Partial<Pick<DeploymentDocument, LaterField>>;

/** What only queries use. */
export const WITHOUT_SHA7 = { sha7: 0, announcedAt: 0 } as const;

export function toDeployment({ _id, ...rest }: VisibleDeployment): StoredDeployment {
  return { id: _id, ...LATER_FIELDS, ...rest };
}

export function orNull(document: VisibleDeployment | null): StoredDeployment | null {
  return document && toDeployment(document);
}

export function toDocument(known: NewDeployment, now: Date): DeploymentDocument {
  const { id, ...rest } = freshDeployment(known, now);
  return { _id: id, version: 0, sha7: rest.sha.slice(0, 7), ...rest };
}

export interface DeploymentDocument extends Omit<StoredDeployment, 'id'> {
  readonly _id: string;
  /** First seven digits of the commit: the label of its immutable host. */
  readonly sha7: string;
  /** When it came to an end that may be worth a notification; absent once those were made. */
  readonly announcedAt?: Date;
}

const DEPLOYMENTS = 'deployments';

const { Mixed } = Schema.Types;

const deploymentSchema = strictSchema<DeploymentDocument>({
  _id: String,
  version: Number,
  environmentId: String,
  projectId: String,
  repoId: Number,
  generation: Number,
  sha: String,
  sha7: String,
  announcedAt: Date,
  run: Mixed,
  status: String,
  stages: [Mixed],
  branch: String,
  commitMessage: String,
  author: String,
  committedAt: Date,
  creator: String,
  triggeredBy: String,
  environment: String,
  pullRequest: Mixed,
  target: String,
  url: String,
  commitUrl: String,
  logsUrl: String,
  artifactRoot: String,
  reach: Mixed,
  endedBy: String,
  error: String,
  logTail: [String],
  cause: Mixed,
  configuration: String,
  production: Boolean,
  previousDeploymentId: String,
  rollback: Boolean,
  createdAt: Date,
  startedAt: Date,
  completedAt: Date,
  updatedAt: Date,
  deletedAt: Date,
  tally: Mixed,
  endings: [Mixed],
});

export function deploymentModel(connection: Connection): Model<DeploymentDocument> {
  return connection.model<DeploymentDocument>(DEPLOYMENTS, deploymentSchema, DEPLOYMENTS);
}
