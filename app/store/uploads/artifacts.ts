import { type Connection, type Model, Schema } from 'mongoose';
import type { ArtifactId, ArtifactStore, StoredArtifact } from '../../../src/uploads/store.js';
import { asVitrineError } from '../shared/outage.js';
import { limitOf, MAX_TIME_MS, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { isDuplicateKey, newId, retryOnce } from '../shared/write.js';

/** Manifests can be large and streams of them are read one by one. */
const ONE_AT_A_TIME = { batchSize: 1 };

/** Manifests of uploads. They have up to 50,000 entries, so they pass the driver as they are, without a cast of each. */
export function artifactStore(connection: Connection): ArtifactStore {
  const { collection } = artifactModel(connection);
  const save = ({ projectId, root, files, complete, owed }: Omit<StoredArtifact, 'createdAt'>) =>
    collection.updateOne(
      idOf({ projectId, root }),
      {
        $set: { files, savedAs: newId() },
        $max: { complete },
        $currentDate: { createdAt: true },
        $setOnInsert: { _id: newId() as never, ...(owed === undefined ? {} : { owed }) },
      },
      { upsert: true, maxTimeMS: MAX_TIME_MS },
    );
  return {
    async findByRoot(id) {
      const found = await collection.findOne(idOf(id), { maxTimeMS: MAX_TIME_MS });
      return found && toArtifact(found as unknown as ArtifactDocument);
    },
    async exists(id) {
      const options = { projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS };
      return (await collection.findOne(idOf(id), options)) !== null;
    },
    latest: (projectId, limit) =>
      artifactsOf(
        collection
          .find({ projectId: text(projectId, 'the project') }, ONE_AT_A_TIME)
          .sort({ savedAs: -1 })
          .hint('project_saved')
          .limit(limitOf({ limit })),
      ),
    async save(artifact) {
      await retryOnce(() =>
        save(artifact).catch((error: unknown) => {
          // Two first saves at once: the second is an update.
          if (isDuplicateKey(error)) return save(artifact);
          throw error;
        }),
      );
    },
    async replaceOwed(id, { from, to }) {
      const filter = { ...idOf(id), owed: { $eq: from } };
      const updated = await collection.updateOne(filter, { $set: { owed: to } }, { maxTimeMS: MAX_TIME_MS });
      return updated.matchedCount > 0;
    },
    async complete(id) {
      const change = {
        $set: { complete: true, savedAs: newId() },
        $currentDate: { createdAt: true },
      } as const;
      return (await collection.updateOne(idOf(id), change, { maxTimeMS: MAX_TIME_MS })).matchedCount > 0;
    },
    async delete({ createdAt, ...id }) {
      const filter = { ...idOf(id), ...(createdAt === undefined ? {} : { createdAt: new Date(createdAt) }) };
      return (await collection.deleteOne(filter, { maxTimeMS: MAX_TIME_MS })).deletedCount > 0;
    },
    async unnamed(hashes) {
      const left = new Set(hashes);
      if (left.size === 0) return left;
      // Newest first: newer uploads usually hold most of the same files.
      const all = collection.find({}, { projection: { _id: 0, 'files.hash': 1 } }).sort({ _id: -1 });
      for await (const { files } of hashesOf(all)) {
        if (left.size === 0) break;
        for (const { hash } of files) left.delete(hash);
      }
      return left;
    },
    list: () => artifactsOf(collection.find({}, ONE_AT_A_TIME).sort({ _id: 1 })),
  };
}

function idOf({ projectId, root }: ArtifactId): { projectId: string; root: string } {
  return { projectId: text(projectId, 'the project'), root: text(root, 'the root') };
}

/** Only the hashes, in the driver's default batches. */
async function* hashesOf(cursor: AsyncIterable<unknown>): AsyncIterable<Pick<StoredArtifact, 'files'>> {
  try {
    for await (const document of cursor) yield document as Pick<StoredArtifact, 'files'>;
  } catch (error) {
    throw asVitrineError(error);
  }
}

async function* artifactsOf(cursor: AsyncIterable<unknown>): AsyncIterable<StoredArtifact> {
  try {
    for await (const document of cursor) yield toArtifact(document as ArtifactDocument);
  } catch (error) {
    throw asVitrineError(error);
  }
}

function toArtifact({ projectId, root, files, complete, owed, createdAt }: ArtifactDocument): StoredArtifact {
  return { projectId, root, files, complete, ...(owed === undefined ? {} : { owed }), createdAt };
}

interface ArtifactDocument extends StoredArtifact {
  readonly _id: string;
  /** Grows with every save, finer than a clock: newest first means by this. */
  readonly savedAs: string;
}

const ARTIFACTS = 'artifacts';

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

function artifactModel(connection: Connection): Model<ArtifactDocument> {
  return connection.model<ArtifactDocument>(ARTIFACTS, artifactSchema, ARTIFACTS);
}
