const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `2026-03-01 12:46`, in UTC. */
export function showTime(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}

/** `0.4 s`, `3 s`, `23 s`, `1 min 12 s`, `3 h 5 min`, `2 d 3 h`: two units at most. */
export function showDuration(ms: number): string {
  const time = Math.max(0, ms);
  if (time < 9.95 * SECOND) return `${Number((time / SECOND).toFixed(1))} s`;
  if (time < MINUTE) return `${Math.min(59, Math.round(time / SECOND))} s`;
  if (time < HOUR) return pair(time, { big: MINUTE, small: SECOND, units: ['min', 's'] });
  if (time < DAY) return pair(time, { big: HOUR, small: MINUTE, units: ['h', 'min'] });
  return pair(time, { big: DAY, small: HOUR, units: ['d', 'h'] });
}

function pair(
  ms: number,
  { big, small, units }: { big: number; small: number; units: readonly [string, string] },
): string {
  const total = Math.floor(ms / small);
  const rest = total % (big / small);
  const first = `${Math.floor(total / (big / small))} ${units[0]}`;
  return rest === 0 ? first : `${first} ${rest} ${units[1]}`;
}

/** Null unless both moments are known. */
export function showSpan(from: Date | null | undefined, to: Date | null | undefined): string | null {
  return from && to ? showDuration(to.getTime() - from.getTime()) : null;
}
