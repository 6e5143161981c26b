import { VitrineError } from './errors.js';

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
export const MIN_DURATION = UNITS.m;
export const MAX_DURATION = 365 * UNITS.d;

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
