import type { Connection, mongo } from 'mongoose';
import type { ImageRepository, ImageStore, OwnBlob, StoredManifest } from '../../../src/images/store.js';
import { limitOf, MAX_TIME_MS, text, whole } from '../shared/query.js';
import { REPEATABLE, retryOnce } from '../shared/write.js';

interface BlobDocument {
  readonly _id: string;
  readonly repository: string;
  readonly environmentId: string;
  readonly projectId: string;
  readonly digest: string;
  readonly size: number;
  readonly usedAt: Date;
}

interface ManifestDocument extends StoredManifest {
  readonly _id: string;
}

interface TagDocument {
  readonly _id: string;
  readonly repository: string;
  readonly environmentId: string;
  readonly tag: string;
  readonly digest: string;
  readonly at: Date;
}

export const IMAGES = 'images';
export const IMAGE_BLOBS = 'imageBlobs';
export const IMAGE_TAGS = 'imageTags';

const TIME = { maxTimeMS: MAX_TIME_MS };
const keyOf = (repository: string, part: string) =>
  `${text(repository, 'the repository')}@${text(part, 'the digest')}`;

interface Collections {
  readonly blobs: mongo.Collection<BlobDocument>;
  readonly manifests: mongo.Collection<ManifestDocument>;
  readonly tags: mongo.Collection<TagDocument>;
}

/** Images in MongoDB, by the native driver: every field is cast here, and nothing is hydrated. */
export function imageStore(connection: Connection): ImageStore {
  const db = connection.getClient().db(connection.name);
  const collections: Collections = {
    blobs: db.collection(IMAGE_BLOBS),
    manifests: db.collection(IMAGES),
    tags: db.collection(IMAGE_TAGS),
  };
  return {
    ...blobMethods(collections),
    ...manifestMethods(collections),
    ...tagMethods(collections),
    ...sweepMethods(collections),
  };
}

/** The sweep spares what was used in the last hour. Within this time a further use is not written down. */
const LATELY_MS = 10 * 60_000;

type BlobMethods = Pick<
  ImageStore,
  'addBlobs' | 'blobsOf' | 'allBlobsOf' | 'blobsIn' | 'removeBlob' | 'bytesOf'
>;

function blobMethods({ blobs, manifests }: Collections): BlobMethods {
  return {
    async addBlobs(repository, added) {
      if (added.length === 0) return;
      const updates = added.map(({ digest, size }) => blobUpsert(repository, { digest, size }));
      await retryOnce(() => blobs.bulkWrite(updates, { ordered: false }));
    },
    async blobsOf(repository, digests) {
      if (digests.length === 0) return new Map();
      const keys = digests.map((digest) => keyOf(repository, digest));
      return ownBlobs(await blobs.find({ _id: { $in: keys } }, OWN).toArray());
    },
    async allBlobsOf(repository, most) {
      const digests = { $gte: keyOf(repository, 'sha256:'), $lt: keyOf(repository, 'sha256;') };
      const found = await blobs
        .find({ _id: digests }, OWN)
        .limit(most + 1)
        .toArray();
      return found.length > most ? null : ownBlobs(found);
    },
    async blobsIn(projectId, digests) {
      const filter = {
        projectId: text(projectId, 'the project'),
        digest: { $in: digests.map((digest) => text(digest, 'the digest')) },
      };
      const options = { ...TIME, hint: 'project_digest', projection: { digest: 1, size: 1 } };
      const found = await blobs.find(filter, options).toArray();
      return new Map(found.map(({ digest, size }) => [digest, size]));
    },
    async removeBlob(repository, digest) {
      return (await blobs.deleteOne({ _id: keyOf(repository, digest) }, TIME)).deletedCount > 0;
    },
    async bytesOf(environmentId) {
      const match = ofEnvironment(environmentId);
      const sums = await Promise.all([sumOf(blobs, match), sumOf(manifests, match)]);
      return sums.reduce((sum, bytes) => sum + bytes, 0);
    },
  };
}

const OWN = { ...TIME, projection: { digest: 1, size: 1, usedAt: 1 } };

function ownBlobs(
  found: readonly Pick<BlobDocument, 'digest' | 'size' | 'usedAt'>[],
): ReadonlyMap<string, OwnBlob> {
  const lately = Date.now() - LATELY_MS;
  return new Map(
    found.map(({ digest, size, usedAt }) => [digest, { size, usedLately: usedAt.getTime() > lately }]),
  );
}

type ManifestMethods = Pick<
  ImageStore,
  'saveManifest' | 'manifest' | 'removeManifest' | 'referrers' | 'manifestsOf'
>;

function manifestMethods({ manifests, tags }: Collections): ManifestMethods {
  return {
    async saveManifest(manifest, { durable }) {
      const _id = keyOf(manifest.repository, manifest.digest);
      const document = { ...manifest, pushedAt: new Date() };
      const options = { upsert: true, ...(!durable && REPEATABLE) };
      await retryOnce(() => manifests.replaceOne({ _id }, document, options));
    },
    async manifest(repository, digest) {
      const found = await manifests.findOne({ _id: keyOf(repository, digest) }, TIME);
      return found && toManifest(found);
    },
    async removeManifest(repository, digest) {
      const tagged = { repository: text(repository, 'the repository'), digest: text(digest, 'the digest') };
      await tags.deleteMany(tagged, { ...TIME, hint: 'repository_tag' });
      return (await manifests.deleteOne({ _id: keyOf(repository, digest) }, TIME)).deletedCount > 0;
    },
    async referrers(repository, subject, limit) {
      const filter = { repository: text(repository, 'the repository'), subject: text(subject, 'the digest') };
      const found = manifests.find(filter, { ...TIME, hint: 'repository_subject' }).limit(limitOf({ limit }));
      return (await found.toArray()).map(toManifest);
    },
    async manifestsOf(environmentId) {
      const found = manifests.find(ofEnvironment(environmentId), { ...TIME, hint: 'environment' });
      return (await found.toArray()).map(toManifest);
    },
  };
}

type SweepMethods = Pick<
  ImageStore,
  'environmentIds' | 'removeUnnamedBlobs' | 'removeEnvironment' | 'held' | 'digests' | 'known'
>;

function sweepMethods({ blobs, manifests, tags }: Collections): SweepMethods {
  return {
    async *environmentIds() {
      const [ofManifests, ofBlobs] = await Promise.all([
        manifests.distinct('environmentId', {}, TIME),
        blobs.distinct('environmentId', {}, TIME),
      ]);
      yield* new Set([...ofManifests, ...ofBlobs]);
    },
    async removeUnnamedBlobs(environmentId, usedBefore) {
      const filter = ofEnvironment(environmentId);
      const named = await manifests.distinct('blobs.digest', filter, TIME);
      const unnamed = { ...filter, usedAt: { $lt: usedBefore }, digest: { $nin: named } };
      return (await blobs.deleteMany(unnamed, { ...TIME, hint: 'environment' })).deletedCount;
    },
    async removeEnvironment(environmentId) {
      const filter = ofEnvironment(environmentId);
      const options = { ...TIME, hint: 'environment' };
      const gone = await Promise.all([
        tags.deleteMany(filter, options),
        manifests.deleteMany(filter, options),
        blobs.deleteMany(filter, options),
      ]);
      return gone.reduce((sum, { deletedCount }) => sum + deletedCount, 0);
    },
    async *held() {
      const fields = { _id: 0, projectId: 1, digest: 1, size: 1 };
      const layered = { isImage: { $gt: [{ $size: { $ifNull: ['$blobs', []] } }, 0] } };
      const all = manifests.find<Held>({}, { projection: { ...fields, ...layered } });
      for await (const manifest of all) yield manifest;
      for await (const blob of blobs.find<Held>({}, { projection: fields }))
        yield { ...blob, isImage: false };
    },
    async *digests() {
      const options = { projection: { _id: 0, digest: 1 } };
      for await (const { digest } of manifests.find({}, options)) yield digest;
      for await (const { digest } of blobs.find({}, options)) yield digest;
    },
    async known(digests) {
      const filter = { digest: { $in: digests.map((digest) => text(digest, 'the digest')) } };
      const found = await Promise.all([
        manifests.distinct('digest', filter, TIME),
        blobs.distinct('digest', filter, TIME),
      ]);
      return new Set(found.flat());
    },
  };
}

type Held = ReturnType<ImageStore['held']> extends AsyncIterable<infer One> ? One : never;

function ofEnvironment(environmentId: string): { readonly environmentId: string } {
  return { environmentId: text(environmentId, 'the environment') };
}

function blobUpsert(repository: ImageRepository, { digest, size }: { digest: string; size: number }) {
  const { name, environmentId, projectId } = repository;
  const identity = {
    repository: text(name, 'the repository'),
    environmentId: text(environmentId, 'the environment'),
    projectId: text(projectId, 'the project'),
    digest: text(digest, 'the digest'),
    size: whole(size, 'the size'),
  };
  const update = { $setOnInsert: identity, $set: { usedAt: new Date() } };
  return { updateOne: { filter: { _id: keyOf(name, digest) }, update, upsert: true } };
}

type TagMethods = Pick<ImageStore, 'setTag' | 'tagged' | 'tags' | 'removeTag'>;

function tagMethods({ tags }: Collections): TagMethods {
  return {
    async setTag({ name, environmentId }, tag, digest) {
      const document = {
        repository: text(name, 'the repository'),
        environmentId: text(environmentId, 'the environment'),
        tag: text(tag, 'the tag'),
        digest: text(digest, 'the digest'),
        at: new Date(),
      };
      await retryOnce(() => tags.replaceOne({ _id: keyOf(name, tag) }, document, { upsert: true }));
    },
    async tagged(repository, tag) {
      return (await tags.findOne({ _id: keyOf(repository, tag) }, TIME))?.digest ?? null;
    },
    async tags(repository, { last, limit }) {
      const filter = {
        repository: text(repository, 'the repository'),
        tag: { $gt: text(last, 'the last tag') },
      };
      const found = await tags
        .find(filter, { ...TIME, hint: 'repository_tag', projection: { _id: 0, tag: 1 } })
        .sort({ tag: 1 })
        .limit(limit + 1)
        .toArray();
      return { tags: found.slice(0, limit).map(({ tag }) => tag), more: found.length > limit };
    },
    async removeTag(repository, tag) {
      return (await tags.deleteOne({ _id: keyOf(repository, tag) }, TIME)).deletedCount > 0;
    },
  };
}

async function sumOf<T extends BlobDocument | ManifestDocument>(
  collection: mongo.Collection<T>,
  match: { readonly environmentId: string },
): Promise<number> {
  // An environment of several services may have one blob in several repositories: it takes its room once.
  const group = { $group: { _id: '$digest', size: { $first: '$size' } } };
  const total = { $group: { _id: null, bytes: { $sum: '$size' } } };
  const options = { ...TIME, hint: 'environment' };
  const [sum] = await collection
    .aggregate<{ bytes: number }>([{ $match: match }, group, total], options)
    .toArray();
  return sum?.bytes ?? 0;
}

function toManifest({ _id: _key, ...manifest }: ManifestDocument): StoredManifest {
  return manifest;
}
