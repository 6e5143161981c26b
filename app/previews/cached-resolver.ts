import type { Preview, PreviewResolver } from './preview.js';
import { createWeightedCache } from './weighted-cache.js';

export interface CachedResolver {
  readonly resolve: PreviewResolver;
  /** Called when a pointer moved in this process; other processes notice within the time to live. */
  readonly forget: (label: string) => void;
}

export interface CachedResolverOptions {
  readonly load: (label: string) => Promise<Preview>;
  readonly ttlMs: number;
  readonly now: () => number;
}

interface Entry {
  readonly preview: Preview;
  readonly until: number;
}

/** Names that nobody knows are remembered too, so the memory for them is bounded. */
const LABELS = 10_000;

/** One look-up a label and moment, however many visitors ask. */
export function createCachedResolver({ load, ttlMs, now }: CachedResolverOptions): CachedResolver {
  const entries = createWeightedCache<Entry>({ capacity: LABELS, weigh: () => 1 });
  const loading = new Map<string, Promise<Preview>>();

  const reload = (label: string): Promise<Preview> => {
    const started = load(label)
      .then((preview) => {
        // Forgotten while it was loading: the answer may be the old one, so it is used but not kept.
        if (loading.get(label) === started) entries.set(label, { preview, until: now() + ttlMs });
        return preview;
      })
      .finally(() => {
        if (loading.get(label) === started) loading.delete(label);
      });
    loading.set(label, started);
    return started;
  };

  return {
    resolve(label) {
      const entry = entries.get(label);
      if (entry !== undefined && entry.until > now()) return entry.preview;
      return loading.get(label) ?? reload(label);
    },
    forget(label) {
      loading.delete(label);
      entries.delete(label);
    },
  };
}
