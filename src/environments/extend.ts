import type { AuditPorts } from '../people/audit-log.js';
import { VitrineError } from '../shared/errors.js';
import { parseDuration, showTime } from '../shared/time.js';
import type { Tools } from '../shared/tools.js';
import { changeEnvironment } from './change.js';
import { expiresAt } from './expire.js';
import { BY_API } from './history.js';
import { type Environment, isActive, isPinned } from './model.js';
import { removedReason } from './reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from './store.js';

type Ports = EnvironmentPorts & AuditPorts & Pick<Tools, 'clock'>;

interface Extension {
  readonly environmentId: string;
  /** `2d`, `12h`. */
  readonly by: string;
  readonly actor: string;
}

/** Lets a preview live longer. */
export async function extendEnvironment(
  ports: Ports,
  { environmentId, by, actor }: Extension,
): Promise<StoredEnvironment> {
  const now = ports.clock.now();
  const asked = { action: 'extend', rule: 'asked', actor } as const;
  const extended = await changeEnvironment(ports, {
    id: environmentId,
    plan: (seen) => {
      const end = extendedExpiry(seen, { by, now });
      const step = { ...asked, detail: extendedBy(by, end), source: BY_API };
      return { patch: { expiresAt: end }, due: ['report'], step };
    },
  });
  const detail = extendedBy(by, extended.expiresAt);
  await ports.audit.record({ actor, action: 'extend', subject: extended.slug, detail });
  return extended;
}

function extendedBy(by: string, end: Date | null): string {
  return `Extended by ${by}, until ${end ? showTime(end) : 'for ever'} UTC.`;
}

/**
 * The policy says how long a preview may live without activity. An extension counts from the present end, and the new end is at most that
 * long from now: so a person who may extend it cannot keep a preview for longer than the default branch allows without looking at it again.
 */
export function extendedExpiry(
  environment: Pick<Environment, 'status' | 'expiresAt' | 'settings' | 'decision' | 'pullRequest' | 'pinned'>,
  { by, now }: { readonly by: string; readonly now: Date },
): Date {
  if (!isActive(environment)) throw new VitrineError('environment_gone', removedReason(environment));
  if (isPinned(environment))
    throw new VitrineError('conflict', 'The preview is pinned, so it does not expire. Unpin it first.');
  const { expiresAt: end, settings } = environment;
  if (!end || !settings)
    throw new VitrineError('conflict', 'Nothing is live here yet, so there is no expiry to extend.');
  const { ttl } = settings.limits;
  const latest = expiresAt({ ttl, lastActivity: now });
  if (end >= latest)
    throw new VitrineError(
      'unprocessable',
      `The preview lives until ${showTime(end)} UTC already, and "limits.ttl: ${ttl}" allows no later end today. Extend it later, or raise "limits.ttl" on the default branch.`,
    );
  const wanted = Math.max(end.getTime(), now.getTime()) + parseDuration(by);
  return new Date(Math.min(wanted, latest.getTime()));
}
