import type { ArtifactStore, StoredArtifact } from '../../src/uploads/store.js';

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
      const { owed, ...rest } = artifact;
      const kept = saved.has(key(artifact)) ? saved.get(key(artifact))?.owed : owed;
      saved.set(key(artifact), { ...rest, complete, ...(kept && { owed: kept }), createdAt: now() });
    },
    async replaceOwed(id, { from, to }) {
      const found = saved.get(key(id));
      if (found === undefined || JSON.stringify(found.owed) !== JSON.stringify(from)) return false;
      saved.set(key(id), { ...found, owed: to });
      return true;
    },
    async complete(id) {
      const found = saved.get(key(id));
      if (found !== undefined) saved.set(key(id), { ...found, complete: true, createdAt: now() });
      return found !== undefined;
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
