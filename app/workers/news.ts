/** What a worker is told of items that it could claim. */
export interface News {
  /** How many items may be due; one unless given. */
  readonly items?: number;
  /** The item, when it is one. It may be in work just now and cannot be claimed again before that ends. */
  readonly key?: string;
}

interface NewsOptions<Item> {
  readonly keyOf?: ((item: Item) => string) | undefined;
  readonly againMs?: readonly number[] | undefined;
  readonly pollMs: number;
}

/**
 * Decides when a worker claims again: as often as it was told of items, so that the database is not asked after each item whether there
 * are more. After a pause without news it looks for everything that is due.
 */
export function createNews<Item>({ keyOf, againMs = [], pollMs }: NewsOptions<Item>) {
  const changes = createChanges(keyOf);
  let heard = 0;
  let heardBefore = 0;
  let missing = 0;
  let misses = 0;
  let lookForAll = true;
  let polls = true;
  return {
    hear({ items = 1, key }: News): void {
      changes.hear(key);
      heard += items;
      missing += items;
      misses = 0;
    },
    /** So many were heard of and not claimed yet. */
    missing: () => missing,
    claiming(): void {
      changes.claiming();
      heardBefore = heard;
    },
    /** What was heard of during the claim may not be among the items that it found. */
    found(items: number): void {
      misses = items > 0 ? 0 : misses + 1;
      const gaveUp = misses > againMs.length;
      missing = Math.max(heard - heardBefore, gaveUp ? 0 : missing - items);
    },
    begin: changes.begin,
    /** The pause after a claim that found so many; 0 when there may be more. A full worker claims when an item is done. */
    pauseMs({ found, full }: { readonly found: number; readonly full: boolean }): number {
      if (found > 0 && !full && (lookForAll || missing > 0)) return 0;
      const again = full || missing === 0 ? undefined : againMs[misses - 1];
      polls = again === undefined;
      return again ?? pollMs;
    },
    /** The pause ended, by news or because it was over. */
    woke({ early }: { readonly early: boolean }): void {
      lookForAll = polls && !early;
    },
  };
}

/** Which items in work became due again, as far as the news told it: no other worker could claim them meanwhile. */
function createChanges<Item>(keyOf: (item: Item) => string | undefined = () => undefined) {
  const inWork = new Map<string, { again: boolean }>();
  let duringClaim = new Set<string>();
  return {
    claiming: () => void (duringClaim = new Set()),
    hear(key: string | undefined): void {
      if (key === undefined) return;
      duringClaim.add(key);
      const mark = inWork.get(key);
      if (mark) mark.again = true;
    },
    /** Answers at the end of the work whether the item became due again. */
    begin(item: Item): () => boolean {
      const key = keyOf(item) ?? '';
      const mark = { again: duringClaim.has(key) };
      inWork.set(key, mark);
      return () => {
        if (inWork.get(key) === mark) inWork.delete(key);
        return mark.again;
      };
    },
  };
}
