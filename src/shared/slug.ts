import { HASHED, withHash } from './name-hash.js';

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
