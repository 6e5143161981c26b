/** Answers how much was done. */
export type Drain = () => Promise<number>;

/** Work makes work: goes round until one whole round finds nothing to do. */
export async function settle(drains: readonly Drain[]): Promise<void> {
  let did: number;
  do {
    did = 0;
    for (const drain of drains) did += await drain();
  } while (did > 0);
}
