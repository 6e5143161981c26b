import { z } from 'zod';
import { isDigest } from './name.js';
import { RegistryError } from './registry-error.js';

/** Manifests are read whole. The largest indexes of many platforms have a few hundred kilobytes. */
export const LARGEST_MANIFEST = 4 * 1024 * 1024;

const IMAGES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

export const MANIFEST_TYPES: readonly string[] = [...IMAGES, ...INDEXES];

/** One thing that a manifest names. */
export interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly mediaType: string;
}

/** What the registry has to know of a manifest. Its bytes are a blob. */
export interface ManifestFacts {
  readonly mediaType: string;
  readonly artifactType: string | null;
  /** The config and the layers of an image: blobs of the same repository. */
  readonly blobs: readonly Descriptor[];
  /** The manifests of an index, one for each platform. */
  readonly manifests: readonly Descriptor[];
  /** What a signature or an attestation is about. It may arrive before that. */
  readonly subject: string | null;
  readonly annotations: Readonly<Record<string, string>>;
}

const MOST_ENTRIES = 1_000;

const DescriptorShape = z.object({
  digest: z.string().refine(isDigest, 'must be sha256: and 64 lower-case hex digits'),
  size: z.int().min(0),
  mediaType: z.string().max(255),
  /** Layers that are fetched from elsewhere and never pushed. What the addresses are does not matter. */
  urls: z.array(z.unknown()).optional(),
});

/** The length is checked before the entries: each wrong entry makes an issue, and a manifest has room for a million. */
const Descriptors = z.array(z.unknown()).max(MOST_ENTRIES).pipe(z.array(DescriptorShape));
const Annotations = z
  .record(z.string(), z.unknown())
  .refine((all) => Object.keys(all).length <= MOST_ENTRIES, `must be ${MOST_ENTRIES} at most`)
  .pipe(z.record(z.string(), z.string()));

const ManifestShape = z.object({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().max(255).optional(),
  config: DescriptorShape.optional(),
  layers: Descriptors.optional(),
  manifests: Descriptors.optional(),
  subject: DescriptorShape.nullish(),
  annotations: Annotations.optional(),
});

/** Reads a manifest that was pushed with this Content-Type. Throws `MANIFEST_INVALID` with what is wrong. */
export function readManifest(bytes: Buffer, contentType: string): ManifestFacts {
  const type = contentType.split(';', 1)[0]?.trim() ?? '';
  const shape = ManifestShape.safeParse(parse(bytes));
  if (!shape.success) throw invalid(shape.error.issues[0]);
  const manifest = shape.data;
  const mediaType = manifest.mediaType ?? type;
  if (type !== mediaType)
    throw refuse(`The Content-Type is ${type} and the manifest says ${mediaType}: both must be the same.`);
  if (!MANIFEST_TYPES.includes(mediaType))
    throw refuse(
      `Manifests of the type ${mediaType} are not taken. Push one of ${MANIFEST_TYPES.join(', ')}.`,
    );
  const isIndex = (INDEXES as readonly string[]).includes(mediaType);
  if (isIndex ? manifest.layers || manifest.config : manifest.manifests || !manifest.config)
    throw refuse('An image has a config and layers, and an index has manifests.');
  const named = [manifest.config, ...(manifest.layers ?? [])].filter((one) => one !== undefined);
  return {
    mediaType,
    artifactType: manifest.artifactType ?? manifest.config?.mediaType ?? null,
    blobs: named.filter(({ urls }) => !urls?.length).map(bare),
    manifests: (manifest.manifests ?? []).map(bare),
    subject: manifest.subject?.digest ?? null,
    annotations: manifest.annotations ?? {},
  };
}

function bare({ digest, size, mediaType }: Descriptor): Descriptor {
  return { digest, size, mediaType };
}

/** More than the largest manifest needs. A list or an object of two bytes takes fifty in memory. */
const MOST_BRACKETS = 100_000;

function parse(bytes: Buffer): unknown {
  let brackets = 0;
  for (let index = 0; index < bytes.length; index += 1)
    if (bytes[index] === 0x5b || bytes[index] === 0x7b) brackets += 1;
  if (brackets > MOST_BRACKETS) throw refuse('The manifest has too many lists and objects.');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refuse('The manifest is not JSON.');
  }
}

function invalid(issue: z.core.$ZodIssue | undefined): RegistryError {
  return refuse(
    `${issue?.path.map(String).join('.') || 'The manifest'}: ${issue?.message ?? 'is not valid'}.`,
  );
}

function refuse(message: string): RegistryError {
  return new RegistryError('MANIFEST_INVALID', message);
}
