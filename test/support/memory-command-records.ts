import { VitrineError } from '../../src/shared/errors.js';
import type { CommandHandle, CommandJournal, CommandRecords } from '../../src/targets/command/command.js';

/** What is written down of what commands made, without a server. */
export function createMemoryCommandRecords(): CommandJournal & CommandRecords {
  const newest = new Map<string, number>();
  const made = new Map<string, CommandHandle>();
  const refuseOlder = (slug: string, generation: number): void => {
    if (generation < (newest.get(slug) ?? 0))
      throw new VitrineError('stale_head', 'A newer generation is deployed already.');
  };
  return {
    async announce({ slug, generation }) {
      refuseOlder(slug, generation);
      newest.set(slug, generation);
      return made.get(slug) ?? null;
    },
    async record(handle) {
      refuseOlder(handle.slug, handle.generation);
      made.set(handle.slug, handle);
    },
    withdraw: async () => undefined,
    claim: async ({ slug, generation }) => (made.get(slug)?.generation ?? 0) <= generation,
    async forget({ slug, generation }) {
      if ((made.get(slug)?.generation ?? 0) <= generation) made.delete(slug);
    },
    find: async (slug) => made.get(slug) ?? null,
    async *list() {
      yield* made.values();
    },
  };
}
