import { once } from 'node:events';
import { constants, createBrotliCompress } from 'node:zlib';
import type { PlanAnswer } from '../../contract/uploads.js';
import { VitrineError } from '../../shared/errors.js';
import { isCompressible } from '../../sites/media-types.js';
import { ARTIFACT_LIMITS, MIB } from '../limits.js';
import { type ArtifactFile, manifestRoot, parseManifest } from '../manifest.js';
import {
  encodeMeta,
  encodePreface,
  type ManifestDifference,
  type PackedBlob,
  PREFACE_BYTES,
} from '../pack.js';
import { encodePlan, indicesOf, keyOf, type Ranges } from '../plan.js';

/** Everything turn 1 needs, and what the answer to it points into. */
export interface PlannedUpload {
  readonly root: string;
  /** Body of turn 1. */
  readonly body: Buffer;
  /** In the order of their keys: the indices of the answer count here. */
  readonly files: readonly ArtifactFile[];
  readonly bytes: number;
}

interface PlanOptions {
  /** `none` after a refused root: then every entry is sent. */
  readonly base?: 'any' | 'none';
}

/** Compressed better than this a file hides what it costs to unpack; larger ones go as they are. */
const TEXT_BYTES = 32 * MIB;

/** Checks the files as the server will, and names them. */
export function planUpload(entries: readonly ArtifactFile[], options: PlanOptions = {}): PlannedUpload {
  const { manifest } = parseManifest({ files: entries });
  if (manifest.files.length === 0) {
    throw new VitrineError(
      'bad_request',
      'The directory has no files to publish: check the output directory.',
    );
  }
  const keyed = manifest.files.map((file) => ({ file, key: keyOf(file) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  const root = manifestRoot(manifest.files);
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  const keys = BigUint64Array.from(keyed, ({ key }) => key);
  return {
    root,
    bytes,
    body: encodePlan({ root, bytes, keys, base: options.base ?? 'any' }),
    files: keyed.map(({ file }) => file),
  };
}

interface PackInput {
  readonly planned: PlannedUpload;
  readonly answer: PlanAnswer;
  readonly read: ReadFile;
  readonly packBytes?: number;
}

/** The bodies of turn 2, to be sent one after the other. None when the server has everything. */
export async function* packsFor({ planned, answer, read, packBytes }: PackInput): AsyncGenerator<Buffer> {
  const { root, files } = planned;
  if (answer.root !== root) throw misfit('it is for another upload');
  const loads = split(uniqueBlobs(pick(files, answer.blobs)), packBytes ?? ARTIFACT_LIMITS.packBytes);
  const manifest = answer.known ? null : difference(files, answer);
  if (loads.length === 0 && manifest !== null) loads.push([]);
  for (const [index, load] of loads.entries()) {
    yield await buildPack({
      root,
      manifest: index === 0 ? manifest : null,
      text: load.filter(isText),
      raw: load.filter((file) => !isText(file)),
      read,
    });
  }
}

function isText(file: ArtifactFile): boolean {
  return isCompressible(file.path) && file.size <= TEXT_BYTES;
}

function difference(files: readonly ArtifactFile[], answer: PlanAnswer): ManifestDifference {
  const entries = pick(files, answer.entries).map(
    ({ path, hash: digest, size }): [string, string, number] => [path, digest, size],
  );
  return { base: answer.base, kept: answer.kept, entries };
}

function pick(files: readonly ArtifactFile[], ranges: Ranges): ArtifactFile[] {
  const indices = indicesOf(ranges, files.length);
  if (indices === null) throw misfit('it points outside the list of files');
  return indices.flatMap((index) => files[index] ?? []);
}

/** By path again: pages that resemble each other come together, which the compression uses. */
function uniqueBlobs(files: readonly ArtifactFile[]): ArtifactFile[] {
  const byHash = new Map(files.map((file) => [file.hash, file]));
  return [...byHash.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function split(files: readonly ArtifactFile[], packBytes: number): ArtifactFile[][] {
  const loads: ArtifactFile[][] = [];
  let room = 0;
  for (const file of files) {
    const last = loads.at(-1);
    if (last === undefined || file.size > room) {
      loads.push([file]);
      room = packBytes - file.size;
      continue;
    }
    last.push(file);
    room -= file.size;
  }
  return loads;
}

function misfit(reason: string): VitrineError {
  return new VitrineError('bad_gateway', `The server's answer to the upload plan is unusable: ${reason}.`);
}

type ReadFile = (file: ArtifactFile) => AsyncIterable<Uint8Array>;

interface PackLoad {
  readonly root: string;
  readonly manifest: ManifestDifference | null;
  readonly text: readonly ArtifactFile[];
  readonly raw: readonly ArtifactFile[];
  readonly read: ReadFile;
}

/** Over this size quality 1 costs 3 % more bytes and a sixth of the time. */
const QUICK_BYTES = 4 * MIB;

/** One pack, ready to be sent, and sent again when the connection breaks. */
async function buildPack(load: PackLoad): Promise<Buffer> {
  const meta = encodeMeta({
    root: load.root,
    manifest: load.manifest,
    text: load.text.map(pair),
    raw: load.raw.map(pair),
  });
  const textBytes = total(load.text);
  const rawBytes = total(load.raw);
  const compressed = await compress(contentOf(meta, load), meta.length + textBytes);
  const pack = Buffer.allocUnsafe(PREFACE_BYTES + compressed.length + rawBytes);
  encodePreface({ metaBytes: meta.length, textBytes, compressedBytes: compressed.length, rawBytes }).copy(
    pack,
  );
  compressed.copy(pack, PREFACE_BYTES);
  let at = PREFACE_BYTES + compressed.length;
  for (const file of load.raw) {
    for await (const chunk of whole(file, load.read)) {
      pack.set(chunk, at);
      at += chunk.length;
    }
  }
  return pack;
}

async function* contentOf(meta: Buffer, { text, read }: PackLoad): AsyncGenerator<Uint8Array> {
  yield meta;
  for (const file of text) yield* whole(file, read);
}

/** A file that changed after it was hashed must not shift the files behind it. */
async function* whole(file: ArtifactFile, read: ReadFile): AsyncGenerator<Uint8Array> {
  let left = file.size;
  for await (const chunk of read(file)) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left === 0) return;
  throw new VitrineError(
    'conflict',
    `${JSON.stringify(file.path)} changed during the upload: wait for the build to end.`,
  );
}

async function compress(content: AsyncIterable<Uint8Array>, bytes: number): Promise<Buffer> {
  const brotli = createBrotliCompress({
    params: {
      [constants.BROTLI_PARAM_QUALITY]: bytes > QUICK_BYTES ? 1 : 5,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes,
    },
  });
  const output: Buffer[] = [];
  brotli.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = once(brotli, 'end');
  try {
    for await (const chunk of content) if (!brotli.write(chunk)) await once(brotli, 'drain');
    brotli.end();
    await ended;
  } catch (error) {
    brotli.destroy();
    throw error;
  }
  return Buffer.concat(output);
}

function pair(blob: PackedBlob): [string, number] {
  return [blob.hash, blob.size];
}

function total(files: readonly PackedBlob[]): number {
  return files.reduce((sum, file) => sum + file.size, 0);
}
