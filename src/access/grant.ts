import { z } from 'zod';
import type { SealPorts } from '../secrets/envelope.js';
import { sealContext } from '../secrets/envelope.js';
import { LINK_KINDS } from './store.js';

/** Who may open a protected preview. Public previews have none. */
export interface AccessRule {
  readonly mode: 'password' | 'github';
  readonly environmentId: string;
  /** The host label of the environment. */
  readonly slug: string;
  readonly projectId: string;
  readonly repoId: number;
  /** Of the password of the project; null where none is set, and where none counts. */
  readonly passwordVersion: string | null;
}

const GRANT = z.strictObject({
  /** The host that it is for: another host of the same preview needs one of its own. */
  label: z.string(),
  environmentId: z.string(),
  mode: z.enum(['password', 'github']),
  by: z.enum(['password', 'github', ...LINK_KINDS]),
  /** The version of the password, the person, or the link. */
  key: z.string(),
  /** When the visitor was let in first, when that was last looked at, and when it ends. */
  since: z.number(),
  checkedAt: z.number(),
  until: z.number(),
});

/** What a visitor of one host was let in by. The browser keeps it, sealed, in a cookie of that host. */
export type Grant = z.output<typeof GRANT>;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** It ends after a pause of this length, */
const LONGEST_PAUSE_MS = 12 * HOUR_MS;
/** and after this time in any case. */
const LONGEST_MS = 7 * 24 * HOUR_MS;
/** A newer one is made so often. */
const RENEW_AFTER_MS = HOUR_MS;
/** Rights at GitHub are looked at again so often. */
export const RECHECK_MS = 5 * MINUTE_MS;

interface NewGrant extends Pick<Grant, 'label' | 'by' | 'key'> {
  readonly rule: AccessRule;
  readonly now: Date;
  /** It ends with the link. */
  readonly linkEnds?: Date | undefined;
}

export function newGrant({ label, by, key, rule, now, linkEnds }: NewGrant): Grant {
  const at = now.getTime();
  const until = Math.min(at + LONGEST_PAUSE_MS, linkEnds?.getTime() ?? Infinity);
  const { environmentId, mode } = rule;
  return { label, environmentId, mode, by, key, since: at, checkedAt: at, until };
}

/**
 * `good`: lets in. `renew`: lets in, and the browser gets a newer one. `ask`: lets in if what it was given for still holds: the right of
 * the person, or the link. `over`: lets nobody in.
 */
export type Standing = 'good' | 'renew' | 'ask' | 'over';

export function standingOf(
  grant: Grant,
  { label, rule, now }: { readonly label: string; readonly rule: AccessRule; readonly now: Date },
): Standing {
  const at = now.getTime();
  const isHere =
    grant.label === label && grant.environmentId === rule.environmentId && grant.mode === rule.mode;
  if (!isHere || at >= grant.until || at >= grant.since + LONGEST_MS) return 'over';
  if (grant.by === 'password') {
    if (grant.key !== rule.passwordVersion) return 'over';
    return at - grant.checkedAt >= RENEW_AFTER_MS ? 'renew' : 'good';
  }
  if (grant.by === 'github') return Math.abs(at - grant.checkedAt) >= RECHECK_MS ? 'ask' : 'good';
  return 'ask';
}

/** The same after it was looked at. */
export function renewedGrant(grant: Grant, now: Date, linkEnds?: Date): Grant {
  const at = now.getTime();
  const until = Math.min(at + LONGEST_PAUSE_MS, grant.since + LONGEST_MS, linkEnds?.getTime() ?? Infinity);
  return { ...grant, checkedAt: at, until };
}

/** Whether the browser should get the newer one: not with every request. */
export function isWorthSending(before: Grant, now: Date): boolean {
  const every = before.by === 'github' ? RECHECK_MS : RENEW_AFTER_MS;
  return now.getTime() - before.checkedAt >= every;
}

/** Sealed for one host: under the name of another one it does not open. */
function contextOf(label: string): string {
  return sealContext('preview-grant', label);
}

export function sealGrant({ seal }: SealPorts, grant: Grant): string {
  return seal.seal(JSON.stringify(grant), contextOf(grant.label));
}

/** Null for everything that this server did not seal for this host. */
export function openGrant({ seal }: SealPorts, text: string, label: string): Grant | null {
  return opened(GRANT, () => seal.open(text, contextOf(label)));
}

/** No sealed text of ours is longer. */
export const LONGEST_SEALED = 4_000;

export function opened<T>(schema: z.ZodType<T>, open: () => string): T | null {
  try {
    return schema.parse(JSON.parse(open()));
  } catch {
    // It was cut, changed, made for another host, or sealed with a key that is gone: each means that there is none.
    return null;
  }
}
