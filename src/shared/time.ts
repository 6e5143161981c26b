import { VitrineError } from './errors.js';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const MIN_DURATION = UNITS.m;

const MAX_DURATION = 365 * UNITS.d;

/** `90m`, `12h` or `7d` in milliseconds; between one minute and 365 days. */
export function parseDuration(text: string): number {
  const match = /^([0-9]{1,6})([mhd])$/.exec(text.trim());
  const unit = match?.[2] as keyof typeof UNITS | undefined;
  const ms = unit ? Number(match?.[1]) * UNITS[unit] : 0;
  if (ms >= MIN_DURATION && ms <= MAX_DURATION) return ms;
  throw new VitrineError(
    'unprocessable',
    'must be a time such as 90m, 12h or 7d, between one minute and 365 days',
  );
}

/** The same, for checking what a person wrote. */
export function isDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    return false;
  }
}

const SECOND = 1_000;

const MINUTE = 60 * SECOND;

const HOUR = 60 * MINUTE;

const DAY = 24 * HOUR;

/** `2026-03-01 12:46`, in UTC. */
export function showTime(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}

/**
 * `80 ms`, `0.4 s`, `3 s`, `23 s`, `1 min 12 s`, `3 h 5 min`, `2 d 3 h`: two units at most. Every duration that people read is shown by
 * this rule.
 */
export function showDuration(ms: number): string {
  const time = Math.max(0, ms);
  if (time > 0 && time < 99.5) return `${Math.max(1, Math.round(time))} ms`;
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
