import { createHash } from 'node:crypto';

/** What `nameHash` appends looks like this, and no name that looks like it is left as it is. */
export const HASHED = /-[0-9][a-z0-9]{7}$/;
export const HASH_LENGTH = 8;

/**
 * Eight base-36 characters, about 40 bits, of the exact name. A leading digit keeps everyday words of eight letters ("frontend")
 * from being taken for one. UTF-16 on purpose: UTF-8 would turn every lone surrogate into the same replacement character.
 */
export function nameHash(name: string): string {
  const bits = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest().readBigUInt64BE(0);
  const rest = (bits / 10n) % 36n ** BigInt(HASH_LENGTH - 1);
  return `${String(bits % 10n)}${rest.toString(36).padStart(HASH_LENGTH - 1, '0')}`;
}

/** The readable part, cut to fit, and the hash of what it was cut from. */
export function withHash({ stem, of, max }: { stem: string; of: string; max: number }): string {
  const cut = stem.slice(0, Math.max(1, max - HASH_LENGTH - 1)).replace(/-+$/, '');
  return `${cut || 'x'}-${nameHash(of)}`;
}
