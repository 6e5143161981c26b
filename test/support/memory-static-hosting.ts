import { VitrineError } from '../../src/shared/errors.js';
import type { StaticHandle, StaticHosting } from '../../src/targets/static/static.js';

export interface MemoryStaticHosting extends StaticHosting {
  failNext(kind: 'retriable' | 'final'): void;
}

/** A hosting without a database, which can be told to fail. */
export function createMemoryStaticHosting(domain = 'localhost:3000'): MemoryStaticHosting {
  const published = new Map<string, StaticHandle>();
  const faults: ('retriable' | 'final')[] = [];
  return {
    failNext: (kind) => void faults.push(kind),
    async publish(handle) {
      const fault = faults.shift();
      if (fault !== undefined) {
        throw new VitrineError(
          fault === 'final' ? 'not_found' : 'unavailable',
          'The hosting refused: try again.',
        );
      }
      const current = published.get(handle.slug);
      if (current !== undefined && current.generation > handle.generation) {
        throw new VitrineError('stale_head', 'A newer generation is published already.');
      }
      published.set(handle.slug, handle);
      return `http://${handle.slug}.${domain}`;
    },
    async unpublish({ slug, generation }) {
      const current = published.get(slug);
      if (current !== undefined && current.generation <= generation) published.delete(slug);
    },
    find: async (slug) => published.get(slug) ?? null,
    async *list() {
      yield* published.values();
    },
  };
}
