import { hash } from 'node:crypto';
import { byPath, type ArtifactFile } from './manifest.js';

const MAGIC = Buffer.from('VMF1');
const FIXED_BYTES = 2 + 32 + 6;

/**
 * The one canonical form of a manifest: what its root is computed from. Per file, sorted by path: length of the path (2 bytes), path,
 * SHA-256 (32 bytes), size (6 bytes).
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

/** Names the whole content of an upload: two uploads with one root are the same, byte for byte. */
export function manifestRoot(files: readonly ArtifactFile[]): string {
  return hash('sha256', encodeManifest(files), 'hex');
}
