import { hash } from 'node:crypto';
import { VitrineError } from '../shared/errors.js';
import { isHash } from '../shared/hash.js';
import { quoteName } from '../shared/text.js';
import { ARTIFACT_LIMITS, type ArtifactLimits, limitSource } from './limits.js';

/** One file of an uploaded directory. The path is relative, with `/` between its segments. */
export interface ArtifactFile {
  readonly path: string;
  /** SHA-256 of the content, lower-case hex. */
  readonly hash: string;
  readonly size: number;
}

/** An uploaded directory: its files, sorted by path. */
interface Manifest {
  readonly files: readonly ArtifactFile[];
}

interface ParsedManifest {
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
  const all = entries.map((entry, index) => parseEntry(entry, index));
  all.forEach((file) => checkFileSize(file, limits));
  const { ofProgram = false } = limits;
  const leftOut = ofProgram ? () => false : hiddenPath;
  const files = all.filter((file) => !leftOut(file.path)).sort(byPath);
  checkTotals(files, limits);
  const fold = ofProgram ? asItIs : folded;
  const clash = findClash({ paths: files.map((file) => file.path), fold });
  if (clash !== null) throw refused(clash);
  return { manifest: { files }, excluded: all.map((file) => file.path).filter(leftOut) };
}

/** The order of code units, which does not depend on the locale. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

function listEntries(input: unknown): readonly unknown[] {
  const files = isRecord(input) ? input['files'] : undefined;
  if (!Array.isArray(files)) throw refused('a manifest needs a list named "files"');
  return files;
}

function parseEntry(entry: unknown, index: number): ArtifactFile {
  if (!isRecord(entry)) throw refused(`entry ${index} is not a file`);
  const { path, hash, size } = entry;
  if (typeof path !== 'string') throw refused(`entry ${index} has no path`);
  const fault = pathFault(path);
  if (fault !== null) throw refused(`${quoteName(path)} ${fault}`);
  if (!isHash(hash)) throw refused(`${quoteName(path)} needs a SHA-256 in lower-case hex`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw refused(`${quoteName(path)} needs a size in whole bytes`);
  }
  return { path, hash, size };
}

/** What is known of a file before it is read. */
type SizedFile = Pick<ArtifactFile, 'path' | 'size'>;

/** Refuses files that are too large, one by one or together. */
export function checkSizes(files: readonly SizedFile[], limits: ArtifactLimits): void {
  files.forEach((file) => checkFileSize(file, limits));
  checkTotals(files, limits);
}

function checkFileSize({ path, size }: SizedFile, limits: ArtifactLimits): void {
  if (size <= limits.fileBytes) return;
  throw tooLarge(
    `${quoteName(path)} has ${size} bytes, more than the ${limits.fileBytes} of one file${limitSource('fileBytes', limits)}`,
  );
}

function checkTotals(files: readonly SizedFile[], limits: ArtifactLimits): void {
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

/** `remedies` are sentences of their own. */
export function tooLarge(reason: string, ...remedies: readonly string[]): VitrineError {
  return new VitrineError('too_large', [`The upload was refused: ${reason}.`, ...remedies].join(' '));
}

/**
 * Two names that some file system or browser takes for one: equal, equal but for case, equal after Unicode normalisation, or a file
 * where another path needs a folder. The answer is the reason in words; null when all names can live together.
 */
function findClash({ paths, fold }: Names): string | null {
  const files = new Map<string, string>();
  for (const path of paths) {
    const key = fold(path);
    const twin = files.get(key);
    if (twin !== undefined) return `${quoteName(twin)} and ${quoteName(path)} ${difference(twin, path)}`;
    files.set(key, path);
  }
  return findFileAsFolder({ paths, fold }, files);
}

interface Names {
  readonly paths: readonly string[];
  readonly fold: (path: string) => string;
}

function findFileAsFolder({ paths, fold }: Names, files: ReadonlyMap<string, string>): string | null {
  const seen = new Set<string>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (seen.has(folder)) break;
      seen.add(folder);
      const file = files.get(fold(folder));
      if (file !== undefined)
        return `${quoteName(file)} is a file, and ${quoteName(path)} needs it as a folder`;
    }
  }
  return null;
}

/** Packages have files whose names differ only in capitals, and programs run where that is a difference. */
function asItIs(path: string): string {
  return path;
}

function folded(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

function difference(a: string, b: string): string {
  if (a === b) return 'are the same name twice';
  if (a.normalize('NFC') === b.normalize('NFC')) return 'differ only in their Unicode form';
  return 'differ only in upper and lower case';
}

const SEGMENT_BYTES = 255;

const PATH_BYTES = 4096;

const DEPTH = 32;

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** What is wrong with the path of an uploaded file, as the end of a sentence; null when nothing is. */
function pathFault(path: string): string | null {
  if (path === '') return 'is empty';
  // The length comes first: everything after it may cost time that grows with the length.
  if (path.length > PATH_BYTES || Buffer.byteLength(path) > PATH_BYTES) {
    return `is longer than ${PATH_BYTES} bytes`;
  }
  if (CONTROL.test(path)) return 'contains a control character';
  if (LONE_SURROGATE.test(path)) return 'is not valid Unicode';
  if (path.includes('\\')) return 'contains a backslash';
  if (path.startsWith('/')) return 'is absolute';
  if (/^[A-Za-z]:/.test(path)) return 'names a drive';
  return segmentsFault(path.split('/'));
}

/** Dotfiles are never published, except the folder that RFC 8615 reserves. */
export function hiddenPath(path: string): boolean {
  const [first, ...rest] = path.split('/');
  if (first === '.well-known' && rest.length > 0) return rest.some(isHidden);
  return [first ?? '', ...rest].some(isHidden);
}

function isHidden(segment: string): boolean {
  return segment.startsWith('.');
}

function segmentsFault(segments: readonly string[]): string | null {
  if (segments.length > DEPTH) return `is deeper than ${DEPTH} folders`;
  for (const segment of segments) {
    if (segment === '') return 'has an empty segment';
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
    if (Buffer.byteLength(segment) > SEGMENT_BYTES) return `has a segment over ${SEGMENT_BYTES} bytes`;
  }
  return null;
}

const MAGIC = Buffer.from('VMF1');

const FIXED_BYTES = 2 + 32 + 6;

/**
 * The one canonical form of a manifest: what its root is computed from. Per file, sorted by path: length of the path (2 bytes), path,
 * SHA-256 (32 bytes), size (6 bytes).
 */
function encodeManifest(files: readonly ArtifactFile[]): Buffer {
  const sorted = [...files].sort(byPath);
  const length = sorted.reduce((sum, file) => sum + FIXED_BYTES + Buffer.byteLength(file.path), 8);
  const bytes = Buffer.allocUnsafe(length);
  MAGIC.copy(bytes);
  let at = bytes.writeUInt32BE(sorted.length, 4);
  for (const { path, hash: digest, size } of sorted) {
    at = bytes.writeUInt16BE(Buffer.byteLength(path), at);
    at += bytes.write(path, at, 'utf8');
    at += bytes.write(digest, at, 'hex');
    at = bytes.writeUIntBE(size, at, 6);
  }
  return bytes;
}

/** Names the whole content of an upload: two uploads with one root are the same, byte for byte. */
export function manifestRoot(files: readonly ArtifactFile[]): string {
  return hash('sha256', encodeManifest(files), 'hex');
}
