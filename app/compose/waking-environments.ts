import type { Projection } from '../../src/environments/model.js';
import type { EnvironmentStore, StoredEnvironment } from '../../src/environments/store.js';

export interface Wake {
  readonly due: (projection: Projection) => void;
  readonly changed: (environment: StoredEnvironment) => void;
}

/** The same store, that tells this process at once what other processes find at their next poll. */
export function wakingEnvironments(store: EnvironmentStore, wake: Wake): EnvironmentStore {
  return {
    ...store,
    async change(seen, write) {
      const changed = await store.change(seen, write);
      if (!changed) return null;
      wake.changed(changed);
      write.due.forEach(wake.due);
      return changed;
    },
    async markDue(id, projection) {
      await store.markDue(id, projection);
      wake.due(projection);
    },
  };
}
