import type { Connection, mongo } from 'mongoose';
import { picturesOf, type Screenshot, type ScreenshotStore } from '../../../src/screenshots/screenshot.js';
import { asVitrineError } from '../shared/outage.js';
import { cursorOf, limitOf, MAX_TIME_MS, pageOf, text, whole } from '../shared/query.js';
import { collectionOf } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';

interface ScreenshotDocument extends Omit<Screenshot, 'id'> {
  readonly _id: string;
  /** The hashes of all that it names. */
  readonly pictures: readonly string[];
}

const TIME = { maxTimeMS: MAX_TIME_MS };

/** Screenshots in MongoDB, a document a deployment. The pictures are in the blob store. */
export function screenshotStore(connection: Connection): ScreenshotStore {
  const collection = collectionOf<ScreenshotDocument>(connection, 'screenshots');
  const inEnvironment = (id: string) => ({ environmentId: text(id, 'the environment') });
  const newest = (filter: mongo.Filter<ScreenshotDocument>) =>
    collection.find(filter, TIME).sort({ _id: -1 }).hint('environment_id');
  return {
    async save({ id, deploymentId, ...fields }) {
      const pictures = [...new Set(picturesOf(fields).map(({ hash }) => hash))];
      const filter = { deploymentId: text(deploymentId, 'the deployment') };
      const update = { $set: { ...fields, pictures }, $setOnInsert: { _id: text(id, 'the id') } };
      await retryOnce(() => collection.updateOne(filter, update, { ...TIME, upsert: true }));
    },
    async get(id) {
      return orNull(await collection.findOne({ _id: text(id, 'the id') }, TIME));
    },
    async ofDeployment(deploymentId) {
      return orNull(await collection.findOne({ deploymentId: text(deploymentId, 'the deployment') }, TIME));
    },
    async ofDeployments(deploymentIds) {
      const asked = deploymentIds.map((id) => text(id, 'the deployment'));
      const found = await collection.find({ deploymentId: { $in: asked } }, TIME).toArray();
      return found.map(toScreenshot);
    },
    async listOf(environmentId, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const filter = { ...inEnvironment(environmentId), ...(after && { _id: { $lt: after[0] } }) };
      const found = await newest(filter)
        .limit(limit + 1)
        .toArray();
      return pageOf(found.map(toScreenshot), { limit, cursor: ({ id }) => id });
    },
    async latestTaken(environmentId, except) {
      const others = { deploymentId: { $ne: text(except, 'the deployment') }, taken: { $ne: null } };
      const [found] = await newest({ ...inEnvironment(environmentId), ...others })
        .limit(1)
        .toArray();
      return orNull(found ?? null);
    },
    async removeOf(environmentId, keep) {
      const old = await newest(inEnvironment(environmentId)).skip(whole(keep, 'the number')).toArray();
      if (old.length > 0) await collection.deleteMany({ _id: { $in: old.map(({ _id }) => _id) } }, TIME);
      return old.map(toScreenshot);
    },
    async *environmentIds() {
      for (const id of await collection.distinct('environmentId', {}, TIME)) yield id;
    },
    async *held() {
      const projection = { _id: 0, projectId: 1, taken: 1, comparison: 1 };
      const all = collection.find<Pick<Screenshot, 'projectId' | 'taken' | 'comparison'>>({}, { projection });
      for await (const { projectId, ...views } of all) yield { projectId, pictures: picturesOf(views) };
    },
    async *hashes() {
      const all = collection.find({}, { projection: { _id: 0, pictures: 1 } });
      try {
        for await (const { pictures } of all) yield* pictures;
      } catch (error) {
        throw asVitrineError(error);
      }
    },
    async named(hashes) {
      const asked = hashes.map((hash) => text(hash, 'the hash'));
      const found = await collection
        .find({ pictures: { $in: asked } }, { ...TIME, projection: { _id: 0, pictures: 1 } })
        .toArray();
      const all = new Set(found.flatMap(({ pictures }) => pictures));
      return new Set(asked.filter((hash) => all.has(hash)));
    },
  };
}

function toScreenshot({ _id, pictures: _pictures, ...fields }: ScreenshotDocument): Screenshot {
  return { id: _id, ...fields };
}

function orNull(document: ScreenshotDocument | null): Screenshot | null {
  return document && toScreenshot(document);
}
