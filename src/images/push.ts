import { hashBytes } from '../shared/hash.js';
import type { BlobPorts } from '../uploads/store.js';
import { LARGEST_MANIFEST, type ManifestFacts, readManifest } from './manifest.js';
import { digestOf, hashOf, isDigest, isTag } from './name.js';
import { RegistryError } from './registry-error.js';
import type { ImagePorts, ImageRepository, StoredManifest } from './store.js';

type Ports = ImagePorts & BlobPorts;

/** What one environment may hold. A project has settings for the images themselves; this keeps one run from filling the disk. */
export const MOST_BYTES = 20 * 1024 ** 3;

/**
 * The size of a blob that the repository has; null when it has none. With `mount`, a blob of another repository of the same project
 * becomes one of this repository too: a new pull request then pushes only what the project has never seen.
 */
export async function findBlob(
  ports: Ports,
  { repository, digest, mount }: { repository: ImageRepository; digest: string; mount: boolean },
): Promise<number | null> {
  const own = await ports.images.blobSize(repository.name, digest);
  const size = own ?? (mount ? await ports.images.blobSizeIn(repository.projectId, digest) : null);
  if (size === null) return null;
  // Asked by the one who pushes, it is about to be relied upon: the sweep spares it.
  if (mount) {
    await ports.images.addBlobs(repository, [{ digest, size }]);
    const there = await ports.blobs.has([{ hash: hashOf(digest), size }]);
    if (there.size === 0) return null;
  }
  return size;
}

interface PushedManifest {
  readonly repository: ImageRepository;
  /** A tag, or the digest of the manifest. */
  readonly reference: string;
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** Takes a manifest in: everything that it names must be in the repository, or in another one of the project. */
export async function pushManifest(ports: Ports, pushed: PushedManifest): Promise<StoredManifest> {
  const { repository, reference, contentType, bytes } = pushed;
  if (bytes.length > LARGEST_MANIFEST)
    throw new RegistryError('SIZE_INVALID', `A manifest may have ${LARGEST_MANIFEST} bytes.`);
  const hash = hashBytes(bytes);
  const digest = digestOf(hash);
  checkReference(reference, digest);
  const facts = readManifest(bytes, contentType);
  await requireContents(ports, repository, facts);
  await requireRoom(ports, repository, bytes.length);
  await ports.blobs.write({ hash, size: bytes.length, content: [bytes] });
  const { environmentId, projectId, name } = repository;
  const manifest = { ...facts, repository: name, environmentId, projectId, digest, size: bytes.length };
  await ports.images.saveManifest(manifest);
  if (!isDigest(reference)) await ports.images.setTag(repository, reference, digest);
  return (await ports.images.manifest(name, digest)) ?? { ...manifest, pushedAt: new Date() };
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
  for (const { digest, size } of facts.blobs) {
    const there = await findBlob(ports, { repository, digest, mount: true });
    if (there === null) missing.push(digest);
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

/** Throws when the environment would hold more than it may. */
export async function requireRoom(
  { images }: ImagePorts,
  { environmentId, name }: ImageRepository,
  bytes: number,
): Promise<void> {
  const held = await images.bytesOf(environmentId);
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
