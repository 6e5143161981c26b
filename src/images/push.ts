import { hashBytes } from '../shared/hash.js';
import type { BlobPorts } from '../uploads/store.js';
import { LARGEST_MANIFEST, type ManifestFacts, readManifest } from './manifest.js';
import { digestOf, hashOf, isDigest, isTag } from './name.js';
import { RegistryError } from './registry-error.js';
import type { ImagePorts, ImageRepository, OwnBlob, StoredManifest } from './store.js';

type Ports = ImagePorts & BlobPorts;

/** What one environment may hold. A project has settings for the images themselves; this keeps one run from filling the disk. */
export const MOST_BYTES = 20 * 1024 ** 3;

interface Sought {
  readonly repository: ImageRepository;
  readonly digests: readonly string[];
  readonly mount: boolean;
  /** All blobs of the repository, where the caller has read them a moment ago. */
  readonly own?: ReadonlyMap<string, OwnBlob> | null;
}

/**
 * The sizes of those blobs that the repository has. With `mount`, a blob of another repository of the same project becomes one of this
 * repository too: a new pull request then pushes only what the project has never seen.
 */
export async function findBlobs(
  { images, blobs }: Ports,
  { repository, digests, mount, own: known }: Sought,
): Promise<ReadonlyMap<string, number>> {
  const own = known ?? (await images.blobsOf(repository.name, digests));
  const sizes = new Map<string, number>();
  for (const digest of digests) {
    const size = own.get(digest)?.size;
    if (size !== undefined) sizes.set(digest, size);
  }
  if (!mount) return sizes;
  const others = digests.filter((digest) => !own.has(digest));
  if (others.length > 0)
    for (const [digest, size] of await images.blobsIn(repository.projectId, others)) sizes.set(digest, size);
  // Asked by the one who pushes, they are about to be relied upon: the sweep spares them.
  const used = [...sizes].filter(([digest]) => own.get(digest)?.usedLately !== true);
  await images.addBlobs(
    repository,
    used.map(([digest, size]) => ({ digest, size })),
  );
  const there = await blobs.has([...sizes].map(([digest, size]) => ({ hash: hashOf(digest), size })));
  return new Map([...sizes].filter(([digest]) => there.has(hashOf(digest))));
}

/** The same of one blob; null when it is not there. */
export async function findBlob(
  ports: Ports,
  { digest, ...sought }: Omit<Sought, 'digests'> & { digest: string },
): Promise<number | null> {
  return (await findBlobs(ports, { ...sought, digests: [digest] })).get(digest) ?? null;
}

interface PushedManifest {
  readonly repository: ImageRepository;
  /** A tag, or the digest of the manifest. */
  readonly reference: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Takes a manifest in: everything that it names must be in the repository, or in another one of the project. */
export async function pushManifest(
  ports: Ports,
  pushed: PushedManifest,
): Promise<Pick<StoredManifest, 'digest' | 'subject'>> {
  const { repository, reference, contentType, bytes } = pushed;
  if (bytes.length > LARGEST_MANIFEST)
    throw new RegistryError('SIZE_INVALID', `A manifest may have ${LARGEST_MANIFEST} bytes.`);
  const hash = hashBytes(bytes);
  const digest = digestOf(hash);
  checkReference(reference, digest);
  const facts = readManifest(bytes, contentType);
  const { environmentId, projectId, name } = repository;
  const tag = isDigest(reference) ? null : reference;
  const [before, tagged] = await Promise.all([
    ports.images.manifest(name, digest),
    tag === null ? null : ports.images.tagged(name, tag),
    requireContents(ports, repository, facts),
  ]);
  if (before === null) await requireRoom(ports, repository, bytes.length);
  await ports.blobs.write({ hash, size: bytes.length, content: [bytes] });
  const manifest = { ...facts, repository: name, environmentId, projectId, digest, size: bytes.length };
  const isNewTag = tag !== null && tagged !== digest;
  // The tag is written next, and waits for the journal for both. Pushed again, only its date is new: the sweep spares what a deployment
  // under way has pushed, whatever the date.
  await ports.images.saveManifest(manifest, { durable: before === null && !isNewTag });
  if (isNewTag) await ports.images.setTag(repository, tag, digest);
  return manifest;
}

function checkReference(reference: string, digest: string): void {
  if (isDigest(reference) && reference !== digest)
    throw new RegistryError('DIGEST_INVALID', `The manifest has the digest ${digest}, not ${reference}.`);
  if (!isDigest(reference) && !isTag(reference))
    throw new RegistryError('MANIFEST_INVALID', `${reference} is neither a tag nor a digest.`);
}

async function requireContents(
  ports: Ports,
  repository: ImageRepository,
  facts: ManifestFacts,
): Promise<void> {
  const missing: string[] = [];
  const digests = [...new Set(facts.blobs.map(({ digest }) => digest))];
  const sizes = await findBlobs(ports, { repository, digests, mount: true });
  for (const { digest, size } of facts.blobs) {
    const there = sizes.get(digest);
    if (there === undefined) missing.push(digest);
    else if (there !== size)
      throw new RegistryError(
        'MANIFEST_INVALID',
        `${digest} has ${there} bytes, and the manifest says ${size}.`,
      );
  }
  for (const { digest } of facts.manifests)
    if ((await ports.images.manifest(repository.name, digest)) === null) missing.push(digest);
  if (missing.length > 0)
    throw new RegistryError(
      'MANIFEST_BLOB_UNKNOWN',
      `The manifest names what this repository does not have: ${missing.slice(0, 10).join(', ')}. Push that first.`,
    );
}

/** Throws when the environment would hold more than it may, with as many bytes as are told or being counted. */
export async function requireRoom(
  { images }: ImagePorts,
  { environmentId, name }: ImageRepository,
  counting: number | Promise<number>,
): Promise<void> {
  const [held, bytes] = await Promise.all([images.bytesOf(environmentId), counting]);
  if (held + bytes <= MOST_BYTES) return;
  throw new RegistryError(
    'DENIED',
    `${name} holds ${held} bytes of images already, and with these it would be more than ${MOST_BYTES}: make the image smaller.`,
  );
}

/** A manifest by tag or digest. */
export async function findManifest(
  { images }: ImagePorts,
  { repository, reference }: { repository: string; reference: string },
): Promise<StoredManifest | null> {
  const digest = isDigest(reference) ? reference : await images.tagged(repository, reference);
  return digest === null ? null : images.manifest(repository, digest);
}

/**
 * The digests of an image and of everything that it needs: the manifest itself, its platforms, its layers. Each manifest is read once: an
 * index may name the same one a thousand times, and that one again others.
 */
export async function contentsOf({ images }: ImagePorts, root: StoredManifest): Promise<ReadonlySet<string>> {
  const contents = new Set([root.digest]);
  const unread = [root];
  for (let manifest = unread.pop(); manifest; manifest = unread.pop()) {
    for (const { digest } of manifest.blobs) contents.add(digest);
    for (const { digest } of manifest.manifests) {
      if (contents.has(digest)) continue;
      contents.add(digest);
      const child = await images.manifest(manifest.repository, digest);
      if (child) unread.push(child);
    }
  }
  return contents;
}
