import { Schema, type Connection, type Model } from 'mongoose';
import type { StoredArtifact } from '../../../src/uploads/store.js';
import { strictSchema } from '../shared/schema.js';

export interface ArtifactDocument extends StoredArtifact {
  readonly _id: string;
  /** Grows with every save, finer than a clock: newest first means by this. */
  readonly savedAs: string;
}

export const ARTIFACTS = 'artifacts';

const artifactSchema = strictSchema<ArtifactDocument>({
  _id: String,
  projectId: String,
  root: String,
  files: [Schema.Types.Mixed],
  complete: Boolean,
  owed: [Schema.Types.Mixed],
  createdAt: Date,
  savedAs: String,
});

export function artifactModel(connection: Connection): Model<ArtifactDocument> {
  return connection.model<ArtifactDocument>(ARTIFACTS, artifactSchema, ARTIFACTS);
}
