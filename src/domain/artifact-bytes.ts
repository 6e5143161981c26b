import { hash } from 'node:crypto';
import { byPath, type ArtifactFile } from './artifact.js';
import { VitrineError } from './errors.js';

const MAGIC = Buffer.from('VMF1');
const FIXED_BYTES = 2 + 32 + 6;

/**
 * The one canonical form of a manifest: what its root is computed from and what a store keeps. Per file, sorted by path: length of the
 * path (2 bytes), path, SHA-256 (32 bytes), size (6 bytes).
 */
export function encodeManifest(files: readonly ArtifactFile[]): Buffer {
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

export function decodeManifest(input: Uint8Array): ArtifactFile[] {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  try {
    return readFiles(bytes);
  } catch (cause) {
    throw new VitrineError('internal', 'A stored manifest cannot be read: deploy this commit again.', {
      cause,
    });
  }
}

/** Names the whole content of an upload: two uploads with one root are the same, byte for byte. */
export function manifestRoot(files: readonly ArtifactFile[]): string {
  return hash('sha256', encodeManifest(files), 'hex');
}

function readFiles(bytes: Buffer): ArtifactFile[] {
  if (!bytes.subarray(0, 4).equals(MAGIC)) throw new RangeError('not a manifest');
  const files: ArtifactFile[] = [];
  let at = 8;
  for (let left = bytes.readUInt32BE(4); left > 0; left -= 1) {
    const end = at + 2 + bytes.readUInt16BE(at);
    const path = bytes.toString('utf8', at + 2, end);
    files.push({ path, hash: bytes.toString('hex', end, end + 32), size: bytes.readUIntBE(end + 32, 6) });
    at = end + FIXED_BYTES - 2;
  }
  if (at !== bytes.length) throw new RangeError('trailing bytes');
  return files;
}
