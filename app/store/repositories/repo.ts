import type { Connection, Model } from 'mongoose';
import type { Repo } from '../../../src/repositories/model.js';
import { strictSchema } from '../shared/schema.js';

export interface RepoDocument extends Omit<Repo, 'id'> {
  /** GitHub's id: the identity. Names are display and change. */
  readonly _id: number;
  /** The full name in lower case, as GitHub compares names. */
  readonly nameKey: string;
  /** The installation that could see it until it was removed. */
  readonly removedFrom: number | null;
  readonly updatedAt: Date;
}

export const REPOS = 'repos';

const repoSchema = strictSchema<RepoDocument>({
  _id: Number,
  ownerId: Number,
  fullName: String,
  nameKey: String,
  defaultBranch: String,
  installationId: Number,
  private: Boolean,
  removedAt: Date,
  removedFrom: Number,
  updatedAt: Date,
});

export function repoModel(connection: Connection): Model<RepoDocument> {
  return connection.model<RepoDocument>(REPOS, repoSchema, REPOS);
}
