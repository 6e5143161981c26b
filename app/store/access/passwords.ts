import type { Connection, Model } from 'mongoose';
import type { PreviewPassword, PreviewPasswordStore } from '../../../src/access/store.js';
import { MAX_TIME_MS, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';

/** The passwords of protected previews, one for each project that has one. */
export function previewPasswordStore(connection: Connection): PreviewPasswordStore {
  const model = previewPasswordModel(connection);
  const ofProject = (projectId: string) => ({ _id: text(projectId, 'the project') });
  return {
    async get(projectId) {
      const found = await model.findOne(ofProject(projectId)).lean<PreviewPasswordDocument>();
      if (!found) return null;
      const { _id, ...rest } = found;
      return { projectId: _id, ...rest };
    },
    async set({ projectId, hash, version, setBy, setAt }) {
      const fields = { hash: text(hash, 'the hash'), version: text(version, 'the version'), setAt };
      const update = { $set: { ...fields, setBy: text(setBy, 'the name') } };
      const options = { upsert: true, maxTimeMS: MAX_TIME_MS };
      await retryOnce(() => model.collection.updateOne(ofProject(projectId) as never, update, options));
    },
    async remove(projectId) {
      return (await retryOnce(() => model.deleteOne(ofProject(projectId)))).deletedCount === 1;
    },
  };
}

interface PreviewPasswordDocument extends Omit<PreviewPassword, 'projectId'> {
  /** The project. */
  readonly _id: string;
}

export const PREVIEW_PASSWORDS = 'previewPasswords';

const previewPasswordSchema = strictSchema<PreviewPasswordDocument>({
  _id: String,
  hash: String,
  version: String,
  setBy: String,
  setAt: Date,
});

function previewPasswordModel(connection: Connection): Model<PreviewPasswordDocument> {
  return connection.model<PreviewPasswordDocument>(
    PREVIEW_PASSWORDS,
    previewPasswordSchema,
    PREVIEW_PASSWORDS,
  );
}
