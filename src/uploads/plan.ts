import { hash } from 'node:crypto';
import { VitrineError } from '../shared/errors.js';
import { ARTIFACT_LIMITS, type ArtifactLimits, limitSource } from './limits.js';
import type { ArtifactFile } from './manifest.js';

/**
 * Turn 1 of an upload: the client names every file by a key of eight bytes. Short keys are safe because they only choose what to send:
 * the server accepts the rebuilt manifest by its root, and every file by its SHA-256.
 */
export interface UploadPlan {
  readonly root: string;
  readonly bytes: number;
  /** Without a base the client sends every entry: the way out should two keys ever be equal. */
  readonly base: 'any' | 'none';
  /** Ascending. */
  readonly keys: BigUint64Array;
}

const MAGIC = Buffer.from('VPL1');

const HEADER_BYTES = 4 + 1 + 32 + 6 + 4;

export function keyOf(file: Pick<ArtifactFile, 'path' | 'hash'>): bigint {
  return hash('sha256', `${file.path}\0${file.hash}`, 'buffer').readBigUInt64BE(0);
}

export function encodePlan(plan: UploadPlan): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 8 * plan.keys.length);
  MAGIC.copy(bytes);
  let at = bytes.writeUInt8(plan.base === 'any' ? 0 : 1, 4);
  at += bytes.write(plan.root, at, 'hex');
  at = bytes.writeUIntBE(plan.bytes, at, 6);
  at = bytes.writeUInt32BE(plan.keys.length, at);
  for (const key of plan.keys) at = bytes.writeBigUInt64BE(key, at);
  return bytes;
}

export function decodePlan(bytes: Buffer, limits: ArtifactLimits = ARTIFACT_LIMITS): UploadPlan {
  if (bytes.length < HEADER_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) throw malformed('it has no header');
  const count = bytes.readUInt32BE(43);
  const total = bytes.readUIntBE(37, 6);
  if (count > limits.files)
    throw tooLarge(`${count} files, at most ${limits.files} are allowed${limitSource('files', limits)}`);
  if (total > limits.totalBytes)
    throw tooLarge(
      `${total} bytes, at most ${limits.totalBytes} are allowed${limitSource('totalBytes', limits)}`,
    );
  if (bytes.length !== HEADER_BYTES + 8 * count) throw malformed(`its length does not fit ${count} keys`);
  return {
    root: bytes.toString('hex', 5, 37),
    bytes: total,
    base: bytes[4] === 0 ? 'any' : 'none',
    keys: readKeys(bytes, count),
  };
}

function readKeys(bytes: Buffer, count: number): BigUint64Array {
  const keys = new BigUint64Array(count);
  for (let index = 0; index < count; index += 1) {
    const key = bytes.readBigUInt64BE(HEADER_BYTES + 8 * index);
    if (index > 0 && key <= (keys[index - 1] ?? 0n)) throw malformed('its keys are not in ascending order');
    keys[index] = key;
  }
  return keys;
}

function malformed(reason: string): VitrineError {
  return new VitrineError(
    'bad_request',
    `The upload plan cannot be read: ${reason}. Use the Action of this server's version.`,
  );
}

function tooLarge(reason: string): VitrineError {
  return new VitrineError('too_large', `The upload was refused: it has ${reason}.`);
}

/**
 * A manifest names files by their hash, and a run that knows a hash need not have the file: its content may be another project's. So a
 * file counts as missing until its content arrived with this upload, or until it is taken over from an upload of the same project in
 * which it is not missing.
 */
export interface PendingUpload {
  readonly files: readonly ArtifactFile[];
  /** Indices of the files whose content is missing; none when absent. */
  readonly owed?: Ranges;
}

type Content = Pick<ArtifactFile, 'hash' | 'size'>;

/** Names a content with its size, so that a file with a wrong size stays missing. */
export function contentKey({ hash, size }: Content): string {
  return `${hash}/${size}`;
}

/** The files that are missing, given those that are known to belong to the project. */
export function missingRanges(files: readonly ArtifactFile[], proven: Iterable<Content>): Ranges {
  const known = keysOf(proven);
  return indicesWhere(files, (file) => !known.has(contentKey(file)));
}

/** The contents that are still missing. */
export function missingContents({ files, owed = [] }: PendingUpload): ReadonlySet<string> {
  return keysOf((indicesOf(owed, files.length) ?? []).flatMap((index) => files[index] ?? []));
}

/** The files that are still missing after these contents arrived. */
export function missingAfter(upload: PendingUpload, arrived: Iterable<Content>): Ranges {
  const missing = missingContents(upload);
  const here = keysOf(arrived);
  return indicesWhere(upload.files, (file) => missing.has(contentKey(file)) && !here.has(contentKey(file)));
}

function keysOf(contents: Iterable<Content>): Set<string> {
  return new Set(Array.from(contents, contentKey));
}

function indicesWhere(files: readonly ArtifactFile[], wanted: (file: ArtifactFile) => boolean): Ranges {
  return toRanges(files.flatMap((file, index) => (wanted(file) ? [index] : [])));
}

/** Ascending indices, written as pairs of [first, count]: short both for "all of 5,000" and for "one of 5,000". */
export type Ranges = readonly (readonly [first: number, count: number])[];

export function toRanges(indices: Iterable<number>): Ranges {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[0] + last[1] === index) last[1] += 1;
    else ranges.push([index, 1]);
  }
  return ranges;
}

/** The indices again; null when they are not ascending or leave [0, length). */
export function indicesOf(ranges: Ranges, length: number): number[] | null {
  const indices: number[] = [];
  let next = 0;
  for (const [first, count] of ranges) {
    if (first < next || count < 1 || first + count > length) return null;
    for (let index = first; index < first + count; index += 1) indices.push(index);
    next = first + count;
  }
  return indices;
}
