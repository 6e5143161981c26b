import { hash } from 'node:crypto';
import { z } from 'zod';
import { VitrineError } from '../shared/errors.js';
import { isHash } from '../shared/hash.js';
import { rangesSchema } from './artifact-ranges.js';
import { ARTIFACT_LIMITS, limitSource, type ArtifactLimits } from './limits.js';
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

const root = z.string().refine(isHash, 'must be a SHA-256 in lower-case hex');

/** What the server answers. `entries` and `blobs` point into the client's sorted keys, `kept` into the base's files sorted by path. */
export const planAnswerSchema = z.object({
  root,
  /** The server has this very manifest already; only blobs may be missing. */
  known: z.boolean(),
  base: root.nullable(),
  kept: rangesSchema,
  entries: rangesSchema,
  blobs: rangesSchema,
});
export type PlanAnswer = z.infer<typeof planAnswerSchema>;

const MAGIC = Buffer.from('VPL1');
const HEADER_BYTES = 4 + 1 + 32 + 6 + 4;

/** Longest body of turn 1 that can be right. */
export const PLAN_BYTES = HEADER_BYTES + 8 * ARTIFACT_LIMITS.files;

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
