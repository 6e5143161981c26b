import { indicesOf, toRanges, type Ranges } from './artifact-ranges.js';
import type { ArtifactFile } from './manifest.js';

/**
 * A manifest names files by their hash, and whoever knows a hash need not have the file: its content may be another project's. So every
 * file of an upload owes its content until it arrived with this upload, or was taken over from an upload of the same project that owes
 * nothing of it.
 */
export interface Owing {
  readonly files: readonly ArtifactFile[];
  /** Indices of the files that still owe it; none when absent. */
  readonly owed?: Ranges;
}

type Content = Pick<ArtifactFile, 'hash' | 'size'>;

/** Names a content with its size: a wrong size is owed for ever. */
export function contentKey({ hash, size }: Content): string {
  return `${hash}/${size}`;
}

/** What is owed of these files when so much is known to belong to the project. */
export function owedOf(files: readonly ArtifactFile[], proven: Iterable<Content>): Ranges {
  const known = keysOf(proven);
  return indicesWhere(files, (file) => !known.has(contentKey(file)));
}

/** Contents that are owed still. */
export function owedKeys({ files, owed = [] }: Owing): ReadonlySet<string> {
  return keysOf((indicesOf(owed, files.length) ?? []).flatMap((index) => files[index] ?? []));
}

/** What is owed after these contents arrived. */
export function afterArrival(upload: Owing, arrived: Iterable<Content>): Ranges {
  const owed = owedKeys(upload);
  const here = keysOf(arrived);
  return indicesWhere(upload.files, (file) => owed.has(contentKey(file)) && !here.has(contentKey(file)));
}

function keysOf(contents: Iterable<Content>): Set<string> {
  return new Set(Array.from(contents, contentKey));
}

function indicesWhere(files: readonly ArtifactFile[], wanted: (file: ArtifactFile) => boolean): Ranges {
  return toRanges(files.flatMap((file, index) => (wanted(file) ? [index] : [])));
}
