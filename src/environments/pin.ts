import type { AuditPorts } from '../people/audit-log.js';
import { defaultSettings } from '../settings/settings.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import { type Change, changeEnvironment } from './change.js';
import { renewedExpiry } from './expire.js';
import { BY_API } from './history.js';
import { listedEnvironments } from './list.js';
import { type Environment, isActive, isPinned } from './model.js';
import { removedReason } from './reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from './store.js';

type Ports = EnvironmentPorts & AuditPorts & Pick<Tools, 'clock'>;

interface Asked {
  readonly environmentId: string;
  readonly actor: string;
}

const PINNED = 'Pinned: it is kept until it is unpinned, or its pull request ends.';
const UNPINNED = 'Unpinned: it expires again, and may give way to another preview.';

/** Keeps a preview: it does not expire, and does not give way to another one. It still sleeps, and goes with its pull request. */
export async function pinEnvironment(
  ports: Ports,
  { environmentId, actor }: Asked,
): Promise<StoredEnvironment> {
  const before = await ports.environments.get(environmentId);
  if (!before) throw new VitrineError('not_found', 'There is no such environment.');
  requireActive(before);
  if (isPinned(before)) return before;
  const others = await pinnedOf(ports, before);
  if (others.length >= mostPinned(before)) throw tooMany(before);
  const pinned = await changeEnvironment(ports, {
    id: environmentId,
    plan: (seen) => {
      requireActive(seen);
      if (isPinned(seen)) return null;
      const step = { action: 'pin', rule: 'asked', detail: PINNED, actor, source: BY_API };
      return { patch: { pinned: { by: actor, at: ports.clock.now() } }, due: ['report'], step };
    },
  });
  await keepWithinLimit(ports, { pinned, actor });
  await ports.audit.record({ actor, action: 'pin', subject: pinned.slug, detail: PINNED });
  return pinned;
}

/** The preview lives on as one that was deployed just now. */
export async function unpinEnvironment(
  ports: Ports,
  { environmentId, actor }: Asked,
): Promise<StoredEnvironment> {
  let wasPinned = false;
  const unpinned = await changeEnvironment(ports, {
    id: environmentId,
    plan: (seen) => {
      requireActive(seen);
      wasPinned = !!seen.pinned;
      return wasPinned ? unpinning(seen, { actor, now: ports.clock.now(), detail: UNPINNED }) : null;
    },
  });
  if (wasPinned)
    await ports.audit.record({ actor, action: 'unpin', subject: unpinned.slug, detail: UNPINNED });
  return unpinned;
}

function unpinning(
  seen: StoredEnvironment,
  { actor, now, detail }: { readonly actor: string; readonly now: Date; readonly detail: string },
): Change {
  const step = { action: 'unpin', rule: 'asked', detail, actor, source: BY_API };
  return { patch: { pinned: null, expiresAt: renewedExpiry(seen, now) }, due: ['report'], step };
}

function requireActive(environment: Environment): void {
  if (isActive(environment)) return;
  throw new VitrineError('environment_gone', removedReason(environment));
}

/** Pinned previews give no place free, so that half of the places stay for those that come and go. At least one may be pinned. */
export function mostPinned({ settings }: Pick<Environment, 'settings'>): number {
  const { environments } = (settings ?? defaultSettings()).limits;
  return Math.max(1, Math.floor(environments / 2));
}

/** Those that are pinned in the project, the oldest pin first. */
async function pinnedOf(
  ports: Pick<Ports, 'environments'>,
  { projectId }: Pick<Environment, 'projectId'>,
): Promise<StoredEnvironment[]> {
  const all: StoredEnvironment[] = [];
  for await (const one of listedEnvironments(ports, { projectId, activeOnly: true }))
    if (isPinned(one)) all.push(one);
  return all.sort((a, b) => pinnedAt(a) - pinnedAt(b) || (a.id < b.id ? -1 : 1));
}

function pinnedAt({ pinned }: Environment): number {
  return pinned?.at.getTime() ?? 0;
}

/** Two people may have pinned the last one at the same time: the later pin is taken back. */
async function keepWithinLimit(
  ports: Ports,
  { pinned, actor }: { readonly pinned: StoredEnvironment; readonly actor: string },
): Promise<void> {
  const all = await pinnedOf(ports, pinned);
  if (all.findIndex(({ id }) => id === pinned.id) < mostPinned(pinned)) return;
  const detail = 'The project has as many pinned previews as it may have, so the pin was taken back.';
  const now = ports.clock.now();
  await changeEnvironment(ports, {
    id: pinned.id,
    plan: (seen) => (seen.pinned ? unpinning(seen, { actor, now, detail }) : null),
  });
  throw tooMany(pinned);
}

function tooMany(environment: Pick<Environment, 'settings' | 'project'>): VitrineError {
  const most = mostPinned(environment);
  return new VitrineError(
    'unprocessable',
    `The project ${environment.project} has ${most} pinned preview${most === 1 ? '' : 's'} already, half of its "limits.environments". Unpin one, or raise the limit on the default branch.`,
  );
}
