import { createHash } from 'node:crypto';

// No double hyphen: a label such as `xn--a` means something else to a browser.
const OWN_SLUG = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/**
 * A name that is safe as a DNS label, a namespace and a folder. A name that is its own slug stays; every other name carries a hash of
 * exactly what it was, so that `feat/a_b` and `feat-a-b`, or `Feature/X` and `feature/x`, never meet. `max` is at least 10.
 */
export function slug(name: string, max = 40): string {
  if (name.length <= max && OWN_SLUG.test(name) && !HASHED.test(name)) return name;
  return withHash({ stem: readable(name), of: name, max });
}

function readable(name: string): string {
  return name
    .slice(0, 1_000)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** What `nameHash` appends looks like this, and no name that looks like it is left as it is. */
const HASHED = /-[0-9][a-z0-9]{7}$/;

const HASH_LENGTH = 8;

/**
 * Eight base-36 characters, about 40 bits, of the exact name. A leading digit keeps everyday words of eight letters ("frontend")
 * from being taken for one. UTF-16 on purpose: UTF-8 would turn every lone surrogate into the same replacement character.
 */
function nameHash(name: string): string {
  const bits = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest().readBigUInt64BE(0);
  const rest = (bits / 10n) % 36n ** BigInt(HASH_LENGTH - 1);
  return `${String(bits % 10n)}${rest.toString(36).padStart(HASH_LENGTH - 1, '0')}`;
}

/** Seven characters in place of a name that cannot be a part of a label. The second is no hexadecimal digit: no commit looks like it. */
export function codeOf(name: string): string {
  const [first = '0', ...rest] = nameHash(name);
  return `${first}x${rest.slice(0, 5).join('')}`;
}

/** The readable part, cut to fit, and the hash of what it was cut from. */
export function withHash({ stem, of, max }: { stem: string; of: string; max: number }): string {
  const cut = stem.slice(0, Math.max(1, max - HASH_LENGTH - 1)).replace(/-+$/, '');
  return `${cut || 'x'}-${nameHash(of)}`;
}
