import { defaultSettings } from '../settings/settings.js';
import { NEVER } from '../settings/fields.js';
import { parseDuration } from '../shared/time.js';
import type { Environment } from './model.js';

/** How late an activity may be written: each process writes it once in so long. */
export const ACTIVITY_EVERY_MS = 60_000;

/** It had no visitors for as long as its settings say, also not in another process that has not written it yet. */
export function isIdle({ settings, current, activeAt }: Environment, now: Date): boolean {
  // Settings that were stored by an earlier version do not say it.
  const after = settings?.limits.sleepAfter ?? defaultSettings().limits.sleepAfter;
  if (current === null || after === NEVER) return false;
  const last = Math.max(current.at.getTime(), activeAt?.getTime() ?? 0);
  return now.getTime() - last >= parseDuration(after) + ACTIVITY_EVERY_MS;
}
