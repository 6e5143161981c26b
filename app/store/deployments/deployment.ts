import { Schema, type Connection, type Model } from 'mongoose';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import { strictSchema } from '../shared/schema.js';

export interface DeploymentDocument extends Omit<StoredDeployment, 'id'> {
  readonly _id: string;
  /** First seven digits of the commit: the label of its immutable host. */
  readonly sha7: string;
}

export const DEPLOYMENTS = 'deployments';

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
  run: Mixed,
  status: String,
  stages: [Mixed],
  branch: String,
  commitMessage: String,
  author: String,
  creator: String,
  target: String,
  url: String,
  commitUrl: String,
  logsUrl: String,
  artifactRoot: String,
  error: String,
  logTail: [String],
  production: Boolean,
  previousDeploymentId: String,
  rollback: Boolean,
  createdAt: Date,
  startedAt: Date,
  completedAt: Date,
  updatedAt: Date,
  deletedAt: Date,
});

export function deploymentModel(connection: Connection): Model<DeploymentDocument> {
  return connection.model<DeploymentDocument>(DEPLOYMENTS, deploymentSchema, DEPLOYMENTS);
}
