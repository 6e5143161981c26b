/** The value in the middle; of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return Number.NaN;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  return (lower + upper) / 2;
}

/** The smallest value that at least this share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Round by round, because what slows a machine down slows both sides of the same round. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Ratio {
  const rounds = ours.flatMap((value, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [value / other];
  });
  return { median: median(rounds), low: Math.min(...rounds), high: Math.max(...rounds) };
}

/** How much larger ours is, as the median over the rounds. */
export function differenceOf(ours: readonly number[], theirs: readonly number[]): number {
  return median(
    ours.flatMap((value, round) => {
      const other = theirs[round];
      return other === undefined ? [] : [value - other];
    }),
  );
}
