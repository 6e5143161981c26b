export interface WeightedCache<Value, Key = string> {
  get(key: Key): Value | undefined;
  /** What alone is heavier than the whole cache is not kept. */
  set(key: Key, value: Value): void;
  delete(key: Key): void;
  readonly weight: number;
}

interface WeightedCacheOptions<Value> {
  readonly capacity: number;
  readonly weigh: (value: Value) => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  used: boolean;
}

/**
 * Keeps what is used, up to a total weight: bytes, routes, or just a number of things. A use only leaves a mark; whoever is the
 * oldest when room is needed goes, or with a mark becomes the newest and loses it. Moving entries with every use would cost more than
 * all the rest of an answer from memory.
 */
export function createWeightedCache<Value, Key = string>({
  capacity,
  weigh,
}: WeightedCacheOptions<Value>): WeightedCache<Value, Key> {
  // A Map remembers the order of insertion.
  const entries = new Map<Key, Entry<Value>>();
  let weight = 0;

  const remove = (key: Key): void => {
    weight -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };

  /** Ends: every mark buys one more round, and nobody gets a new one meanwhile. */
  const makeRoom = (added: number): void => {
    for (const [key, entry] of entries) {
      if (weight + added <= capacity) return;
      if (!entry.used) {
        remove(key);
        continue;
      }
      entry.used = false;
      entries.delete(key);
      entries.set(key, entry);
    }
  };

  return {
    get weight() {
      return weight;
    },
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entry.used = true;
      return entry.value;
    },
    set(key, value) {
      remove(key);
      const added = weigh(value);
      if (added > capacity) return;
      makeRoom(added);
      entries.set(key, { value, weight: added, used: false });
      weight += added;
    },
    delete: remove,
  };
}
