import { z } from 'zod';
import { Ranges } from '../contract/uploads.js';
import { VitrineError } from '../shared/errors.js';
import { isHash } from '../shared/hash.js';
import { ARTIFACT_LIMITS, type ArtifactLimits, MIB } from './limits.js';

/**
 * A pack carries what the server lacks in one body:
 *
 *     preface (20 bytes) | brotli( meta JSON, then the compressible blobs ) | the other blobs as they are
 *
 * All compressible content is one stream: pages of one site repeat each other, and together they become smaller than one by one. Every
 * length is declared before its bytes, so that a reader can stop at the first byte too many.
 */
interface PackPreface {
  readonly metaBytes: number;
  readonly textBytes: number;
  readonly compressedBytes: number;
  readonly rawBytes: number;
}

const FILES = ARTIFACT_LIMITS.files;

const hash = z.string().refine(isHash, 'must be a SHA-256 in lower-case hex');

type Blob = [hash: string, size: number];

type Entry = [path: string, hash: string, size: number];

/** Checked by hand: a schema of each element would describe each one's fault, and a pack may have 50,000. */
const blobs = z.custom<Blob[]>(
  (value) => isList(value, isBlob),
  `must be a list of at most ${FILES} [SHA-256, size]`,
);

const entries = z.custom<Entry[]>(
  (value) => isList(value, isEntry),
  `must be a list of at most ${FILES} [path, SHA-256, size]`,
);

/** How to make the manifest: the kept files of a base, and new ones. */
const manifestDifferenceSchema = z.object({
  base: hash.nullable(),
  kept: Ranges(),
  entries,
});

export type ManifestDifference = z.infer<typeof manifestDifferenceSchema>;

const packMetaSchema = z.object({
  root: hash,
  /** Only in the first pack; the server remembers it. */
  manifest: manifestDifferenceSchema.nullable(),
  text: blobs,
  raw: blobs,
});

export type PackMeta = z.infer<typeof packMetaSchema>;

export interface PackedBlob {
  readonly hash: string;
  readonly size: number;
}

const MAGIC = Buffer.from('VPK1');

export const PREFACE_BYTES = 20;

/** The paths of the largest upload, and what else is said of each of its files. */
const META_BYTES = ARTIFACT_LIMITS.pathsBytes + 200 * FILES;

/** Objects of lists of tuples; the most that is said of a file is an entry, a blob and a range. */
const META_SHAPE = { depth: 4, commas: 8 * FILES };

export function encodePreface(preface: PackPreface): Buffer {
  const bytes = Buffer.alloc(PREFACE_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32BE(preface.metaBytes, 4);
  bytes.writeUInt32BE(preface.textBytes, 8);
  bytes.writeUInt32BE(preface.compressedBytes, 12);
  bytes.writeUInt32BE(preface.rawBytes, 16);
  return bytes;
}

export function decodePreface(bytes: Buffer, limits: ArtifactLimits = ARTIFACT_LIMITS): PackPreface {
  if (bytes.length !== PREFACE_BYTES || !bytes.subarray(0, 4).equals(MAGIC)) {
    throw malformed('it does not begin like one');
  }
  const preface = {
    metaBytes: bytes.readUInt32BE(4),
    textBytes: bytes.readUInt32BE(8),
    compressedBytes: bytes.readUInt32BE(12),
    rawBytes: bytes.readUInt32BE(16),
  };
  // One file over the bound of a pack rides alone.
  const most = Math.max(limits.packBytes, limits.fileBytes);
  const content = preface.textBytes + preface.rawBytes;
  if (preface.metaBytes > META_BYTES || content > most) {
    throw new VitrineError('too_large', `A pack may hold ${most} bytes of files, this one has ${content}.`);
  }
  // Brotli can be padded without end; honest data never grows by more than this.
  if (preface.compressedBytes > preface.metaBytes + preface.textBytes + MIB) throw malformed('it is padded');
  return preface;
}

export function encodeMeta(meta: PackMeta): Buffer {
  return Buffer.from(JSON.stringify(meta));
}

export function decodeMeta(bytes: Uint8Array, preface: PackPreface): PackMeta {
  const parsed = packMetaSchema.safeParse(parseBoundedJson(bytes, META_SHAPE));
  if (!parsed.success) throw malformed(faultsOf(parsed.error));
  const { text, raw } = parsed.data;
  if (total(text) !== preface.textBytes || total(raw) !== preface.rawBytes) {
    throw malformed('the sizes of its files do not add up');
  }
  return parsed.data;
}

export function malformed(reason: string): VitrineError {
  return new VitrineError('unprocessable', `The pack was refused: ${reason}. Deploy again.`);
}

function total(blobs: PackMeta['text']): number {
  return blobs.reduce((sum, [, bytes]) => sum + bytes, 0);
}

function faultsOf({ issues }: z.ZodError): string {
  const first = issues.slice(0, 5);
  return first
    .map(({ path, message }) => `${path.map(String).join('.') || 'its head'}: ${message}`)
    .join('; ');
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= FILES && value.every(isItem);
}

function isBlob(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && isHash(value[0]) && isSize(value[1]);
}

function isEntry(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && typeof value[0] === 'string' && isBlob(value.slice(1));
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

interface JsonBounds {
  /** Most arrays and objects within each other. */
  readonly depth: number;
  /** Most commas between values: what is parsed has about so many values. */
  readonly commas: number;
}

const QUOTE = 0x22;

const BACKSLASH = 0x5c;

const COMMA = 0x2c;

/**
 * JSON of a stranger, null when it is none or more than it may be. Its shape is looked at before it is parsed: a few packed bytes can
 * unpack to millions of values, which would fill the memory before any schema sees them.
 */
function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  if (!isWithin(bytes, bounds)) return null;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

function isWithin(bytes: Uint8Array, bounds: JsonBounds): boolean {
  let depth = 0;
  let commas = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfText(bytes, at + 1);
    else if (byte === COMMA) commas += 1;
    else if (opens(byte)) depth += 1;
    else if (closes(byte)) depth -= 1;
    if (depth > bounds.depth || commas > bounds.commas) return false;
  }
  return true;
}

function endOfText(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}

/** `[` and `{`. */
function opens(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x7b;
}

/** `]` and `}`. */
function closes(byte: number | undefined): boolean {
  return byte === 0x5d || byte === 0x7d;
}
