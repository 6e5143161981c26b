import { z } from 'zod';
import { ARTIFACT_LIMITS, MIB, type ArtifactLimits } from './artifact-limits.js';
import { isHash } from './artifact.js';
import { rangesSchema } from './artifact-ranges.js';
import { VitrineError } from './errors.js';

/**
 * A pack carries what the server lacks in one body:
 *
 *     preface (20 bytes) | brotli( meta JSON, then the compressible blobs ) | the other blobs as they are
 *
 * All compressible content is one stream: pages of one site repeat each other, and together they become smaller than one by one. Every
 * length is declared before its bytes, so that a reader can stop at the first byte too many.
 */
export interface PackPreface {
  readonly metaBytes: number;
  readonly textBytes: number;
  readonly compressedBytes: number;
  readonly rawBytes: number;
}

const hash = z.string().refine(isHash, 'must be a SHA-256 in lower-case hex');
const size = z.number().int().nonnegative();
const blob = z.tuple([hash, size]);

/** How to make the manifest: the kept files of a base, and new ones. */
export const manifestDifferenceSchema = z.object({
  base: hash.nullable(),
  kept: rangesSchema,
  entries: z.array(z.tuple([z.string(), hash, size])),
});
export type ManifestDifference = z.infer<typeof manifestDifferenceSchema>;

export const packMetaSchema = z.object({
  root: hash,
  /** Only in the first pack; the server remembers it. */
  manifest: manifestDifferenceSchema.nullable(),
  text: z.array(blob),
  raw: z.array(blob),
});
export type PackMeta = z.infer<typeof packMetaSchema>;

export interface PackedBlob {
  readonly hash: string;
  readonly size: number;
}

const MAGIC = Buffer.from('VPK1');
export const PREFACE_BYTES = 20;
const META_BYTES = 32 * MIB;

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
  const parsed = packMetaSchema.safeParse(parseJson(bytes));
  if (!parsed.success) throw malformed(z.prettifyError(parsed.error).slice(0, 300));
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

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}
