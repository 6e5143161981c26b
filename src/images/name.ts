/**
 * Names of the OCI Distribution specification: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md. A repository of
 * images belongs to one environment and is called by its namespace; the images of a compose file have a further part each.
 */

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const LONGEST_NAME = 255;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

export function isImageName(name: string): boolean {
  return name.length <= LONGEST_NAME && NAME.test(name);
}

export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** Other algorithms are not taken: the blob store names its files by SHA-256. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

export function digestOf(hash: string): string {
  return `sha256:${hash}`;
}

/** The name of the blob in the blob store. */
export function hashOf(digest: string): string {
  return digest.slice('sha256:'.length);
}

/** The namespace of the environment that a repository of images belongs to. */
export function namespaceOf(name: string): string {
  return name.split('/', 1)[0] ?? '';
}

/** A request to the registry, by its path. */
export type RegistryRoute =
  | { readonly kind: 'base' }
  | { readonly kind: 'token' }
  | { readonly kind: 'blob' | 'manifest' | 'referrers'; readonly name: string; readonly reference: string }
  | { readonly kind: 'tags'; readonly name: string }
  | { readonly kind: 'uploads'; readonly name: string }
  | { readonly kind: 'upload'; readonly name: string; readonly session: string };

const KINDS = { blobs: 'blob', manifests: 'manifest', referrers: 'referrers' } as const;

/** Null for a path that the registry does not have. */
export function routeOf(path: string): RegistryRoute | null {
  if (path === '/v2' || path === '/v2/') return { kind: 'base' };
  if (path === '/v2/token') return { kind: 'token' };
  const uploads = /^\/v2\/(.+)\/blobs\/uploads(?:\/([\w-]*))?$/.exec(path);
  if (uploads) return uploadRoute(uploads[1] ?? '', uploads[2] ?? '');
  const tags = /^\/v2\/(.+)\/tags\/list$/.exec(path)?.[1];
  if (tags !== undefined) return { kind: 'tags', name: tags };
  const [, name, kind, reference] = /^\/v2\/(.+)\/(blobs|manifests|referrers)\/([^/]+)$/.exec(path) ?? [];
  if (name === undefined || kind === undefined || reference === undefined) return null;
  return { kind: KINDS[kind as keyof typeof KINDS], name, reference };
}

function uploadRoute(name: string, session: string): RegistryRoute {
  return session === '' ? { kind: 'uploads', name } : { kind: 'upload', name, session };
}
