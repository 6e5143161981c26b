import type { ArtifactStore, StoredArtifact } from '../../src/ports-artifacts.js';

/** A working store without a database. The clock is counted in saves, so that order never depends on time. */
export function createMemoryArtifactStore(now: () => Date = counter()): ArtifactStore {
  const saved = new Map<string, StoredArtifact>();
  const key = (id: { projectId: string; root: string }) => `${id.projectId}/${id.root}`;
  const newestFirst = () => [...saved.values()].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  return {
    findByRoot: async (id) => saved.get(key(id)) ?? null,
    exists: async (id) => saved.has(key(id)),
    async *latest(projectId, limit) {
      yield* newestFirst()
        .filter((artifact) => artifact.projectId === projectId)
        .slice(0, limit);
    },
    async save(artifact) {
      const complete = artifact.complete || saved.get(key(artifact))?.complete === true;
      saved.set(key(artifact), { ...artifact, complete, createdAt: now() });
    },
    async delete({ createdAt, ...id }) {
      const found = saved.get(key(id));
      if (createdAt !== undefined && found?.createdAt.getTime() !== createdAt.getTime()) return false;
      return saved.delete(key(id));
    },
    async unnamed(hashes) {
      const named = new Set([...saved.values()].flatMap(({ files }) => files.map(({ hash }) => hash)));
      return new Set(hashes.filter((hash) => !named.has(hash)));
    },
    async *list() {
      yield* newestFirst();
    },
  };
}

function counter(): () => Date {
  let saves = Date.now();
  return () => new Date((saves += 1));
}
