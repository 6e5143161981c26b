import { VitrineError } from '../shared/errors.js';
import { isHash } from '../shared/hash.js';
import { quoteName } from '../shared/text.js';
import { findClash } from './artifact-clash.js';
import { hiddenPath, pathFault } from './artifact-path.js';
import { ARTIFACT_LIMITS, type ArtifactLimits, limitSource } from './limits.js';

/** One file of an uploaded directory. The path is relative, with `/` between its segments. */
export interface ArtifactFile {
  readonly path: string;
  /** SHA-256 of the content, lower-case hex. */
  readonly hash: string;
  readonly size: number;
}

/** An uploaded directory: its files, sorted by path. */
export interface Manifest {
  readonly files: readonly ArtifactFile[];
}

export interface ParsedManifest {
  readonly manifest: Manifest;
  /** Hidden files that were left out, to be told to the person who uploaded them. */
  readonly excluded: readonly string[];
}

/** Refuses the whole upload on the first wrong entry: half an upload is worse than none. */
export function parseManifest(input: unknown, limits: ArtifactLimits = ARTIFACT_LIMITS): ParsedManifest {
  const entries = listEntries(input);
  if (entries.length > limits.files) {
    throw tooLarge(
      `${entries.length} files are more than the ${limits.files} that one preview may have${limitSource('files', limits)}`,
    );
  }
  const all = entries.map((entry, index) => parseEntry(entry, index, limits));
  const files = all.filter((file) => !hiddenPath(file.path)).sort(byPath);
  checkTotals(files, limits);
  const clash = findClash(files.map((file) => file.path));
  if (clash !== null) throw refused(clash);
  return { manifest: { files }, excluded: all.map((file) => file.path).filter(hiddenPath) };
}

/** Order of code units: the same everywhere, whatever the locale. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

function listEntries(input: unknown): readonly unknown[] {
  const files = isRecord(input) ? input['files'] : undefined;
  if (!Array.isArray(files)) throw refused('a manifest needs a list named "files"');
  return files;
}

function parseEntry(entry: unknown, index: number, limits: ArtifactLimits): ArtifactFile {
  if (!isRecord(entry)) throw refused(`entry ${index} is not a file`);
  const { path, hash, size } = entry;
  if (typeof path !== 'string') throw refused(`entry ${index} has no path`);
  const fault = pathFault(path);
  if (fault !== null) throw refused(`${quoteName(path)} ${fault}`);
  if (!isHash(hash)) throw refused(`${quoteName(path)} needs a SHA-256 in lower-case hex`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw refused(`${quoteName(path)} needs a size in whole bytes`);
  }
  if (size > limits.fileBytes) {
    throw tooLarge(
      `${quoteName(path)} has ${size} bytes, more than the ${limits.fileBytes} of one file${limitSource('fileBytes', limits)}`,
    );
  }
  return { path, hash, size };
}

function checkTotals(files: readonly ArtifactFile[], limits: ArtifactLimits): void {
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  if (bytes > limits.totalBytes) {
    throw tooLarge(
      `${bytes} bytes are more than the ${limits.totalBytes} that one preview may have${limitSource('totalBytes', limits)}`,
    );
  }
  const paths = files.reduce((sum, file) => sum + Buffer.byteLength(file.path), 0);
  if (paths > limits.pathsBytes) {
    throw tooLarge(`the paths alone have ${paths} bytes, more than ${limits.pathsBytes}: shorten them`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function refused(reason: string): VitrineError {
  return new VitrineError('bad_request', `The upload was refused: ${reason}.`);
}

function tooLarge(reason: string): VitrineError {
  return new VitrineError('too_large', `The upload was refused: ${reason}.`);
}
