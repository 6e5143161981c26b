export interface WeightedCache<Value, Key = string> {
  get(key: Key): Value | undefined;
  /** A value heavier than the whole cache is not stored. */
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
 * A cache with a limit on the total weight (bytes, routes or a count) and second-chance eviction: a read only marks the entry. When room
 * is needed, the oldest entry is removed, or, if it is marked, moved to the end without its mark. Moving entries on every read, as an
 * LRU cache does, would cost more than the rest of a response from memory.
 */
export function createWeightedCache<Value, Key = string>({
  capacity,
  weigh,
}: WeightedCacheOptions<Value>): WeightedCache<Value, Key> {
  // A Map keeps the order of insertion.
  const entries = new Map<Key, Entry<Value>>();
  let weight = 0;

  const remove = (key: Key): void => {
    weight -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };

  /** Terminates: every mark delays an entry by one round, and no entry is marked in the meantime. */
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
