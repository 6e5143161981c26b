import { VitrineError } from '../../../src/shared/errors.js';
import { refuseDeep } from '../../http/body.js';

/** The part of a value to keep: `true` keeps all of it, an object its named fields, a list that part of every element. */
export type Mask = true | { readonly [field: string]: Mask } | readonly [Mask];

export const KEEP_ACCOUNT = { id: true, login: true, type: true, avatar_url: true } as const;

/** What is kept of every event, and all that is kept of an event without a handler. */
export const COMMON = {
  action: true,
  sender: KEEP_ACCOUNT,
  repository: { id: true, full_name: true, default_branch: true, private: true, owner: KEEP_ACCOUNT },
  installation: { id: true, account: KEEP_ACCOUNT, suspended_at: true },
} as const satisfies Mask;

/** A title that was edited from 100 kB to 100 kB is not worth 200 kB. */
const LONGEST_CHANGES = 20_000;
/** A document holds 16 MiB. The largest event of GitHub, an installation with 100,000 repositories, is kept as 8 MiB. */
const MAX_KEPT = 12 * 1024 * 1024;

/**
 * The part of a payload that the inbox stores: 1 to 2 of its more than 20 kB. Most of a payload is addresses and profiles that no
 * handler reads, and the write is the most expensive part of a delivery. See docs/decisions/0003-inbox-keeps-what-is-read.md.
 */
export function keepPayload(keep: Keep | undefined, payload: unknown): Buffer {
  const kept = (keep ?? keepCommon)(payload) as { changes?: unknown };
  if (kept.changes !== undefined && JSON.stringify(kept.changes).length > LONGEST_CHANGES)
    delete kept.changes;
  const body = Buffer.from(JSON.stringify(kept));
  if (body.length > MAX_KEPT)
    throw new VitrineError(
      'too_large',
      'More than 12 MiB would be kept of this body: no event of GitHub is so large.',
    );
  return body;
}

export type Keep = (value: unknown) => unknown;

const keepCommon = pickerOf(COMMON);

/** Made once for each event, not with every delivery. */
export function pickerOf(mask: Mask): Keep {
  if (mask === true) return pickWhole;
  return isList(mask) ? pickEach(pickerOf(mask[0])) : pickFields(mask);
}

/** Most values are text. A nested value is serialised again later, which recurses as deep as it is nested. */
function pickWhole(value: unknown): unknown {
  if (typeof value === 'object') refuseDeep(value);
  return value;
}

function pickEach(pick: Keep): Keep {
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    return Array.isArray(value) ? value.map((item) => pick(item)) : undefined;
  };
}

function pickFields(mask: Readonly<Record<string, Mask>>): Keep {
  const fields = Object.entries(mask).map(([name, inner]) => ({ name, pick: pickerOf(inner) }));
  return (value) => {
    if (typeof value !== 'object' || value === null) return value;
    const from = value as Readonly<Record<string, unknown>>;
    const kept: Record<string, unknown> = {};
    for (const { name, pick } of fields) {
      if (Object.hasOwn(from, name)) kept[name] = pick(from[name]);
    }
    return kept;
  };
}

function isList(mask: Mask): mask is readonly [Mask] {
  return Array.isArray(mask);
}
