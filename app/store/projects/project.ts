import type { Connection, Model } from 'mongoose';
import type { Project } from '../../../src/projects/project.js';
import { strictSchema } from '../shared/schema.js';

export interface ProjectDocument extends Omit<Project, 'id'> {
  readonly _id: string;
}

export const PROJECTS = 'projects';

const projectSchema = strictSchema<ProjectDocument>({
  _id: String,
  repoId: Number,
  name: String,
  slug: String,
  active: Boolean,
  isDefault: Boolean,
  createdAt: Date,
  updatedAt: Date,
});

export function projectModel(connection: Connection): Model<ProjectDocument> {
  return connection.model<ProjectDocument>(PROJECTS, projectSchema, PROJECTS);
}
