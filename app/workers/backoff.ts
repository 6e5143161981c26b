export interface Backoff {
  readonly firstMs: number;
  readonly capMs: number;
}

/** Doubles with each try up to the cap; the upper half is left to chance, so that failures do not come back all at once. */
export function backoffMs({ firstMs, capMs }: Backoff, attempts: number, random: () => number): number {
  const full = Math.min(capMs, firstMs * 2 ** Math.min(attempts, 30));
  return Math.round(full * (0.5 + random() / 2));
}
