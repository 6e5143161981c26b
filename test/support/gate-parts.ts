import { randomBytes } from 'node:crypto';
import type { GatePorts } from '../../app/previews/gate.js';
import type { PreviewLink, PreviewPassword } from '../../src/access/store.js';
import { createPasswords } from '../../src/people/password.js';
import type { User } from '../../src/people/user.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { parseKeys } from '../../src/secrets/keys.js';
import type { Clock } from '../../src/shared/tools.js';

/** What the gate asks of the database, in memory. The contract of the stores is that of test/contracts. */
export function createGateParts(clock: Clock) {
  const passwords = new Map<string, PreviewPassword>();
  const links = new Map<string, PreviewLink & { readonly hash: string }>();
  const counts = new Map<string, number>();
  const used = new Set<string>();
  const readers = new Set<string>();
  let asked = 0;
  const open = (link: PreviewLink | undefined, now: Date) => (link && link.expiresAt > now ? link : null);
  const ports = {
    seal: createSeal(parseKeys(`k1:${randomBytes(32).toString('base64')}`)),
    clock,
    previewBase: { protocol: 'http', domain: 'localhost' },
    publicUrl: 'http://vitrine.test',
    passwords: createPasswords(),
    providers: [],
    admins: [],
    previewPasswords: {
      get: async (projectId) => passwords.get(projectId) ?? null,
      set: async (one) => void passwords.set(one.projectId, one),
      remove: async (projectId) => passwords.delete(projectId),
    },
    previewLinks: {
      create: async (link) => void links.set(link.id, link),
      byHash: async (hash, now) =>
        open(
          [...links.values()].find((one) => one.hash === hash),
          now,
        ),
      get: async (id, now) => open(links.get(id), now),
      shared: async () => ({ items: [...links.values()], nextCursor: null }),
      countShared: async () => links.size,
      revoke: async (_environmentId, id) => links.delete(id),
      deleteOfProject: async () => links.clear(),
      deleteExpired: async () => 0,
    },
    requestRates: {
      async add(window, { count }) {
        counts.set(window, (counts.get(window) ?? 0) + count);
        return counts.get(window) ?? 0;
      },
      deleteExpired: async () => 0,
    },
    tokens: {
      async useOnce(id: string) {
        const isNew = !used.has(id);
        used.add(id);
        return isNew;
      },
    } as unknown as GatePorts['tokens'],
    users: {
      get: async (id: string) => ({ id, active: true, login: id, githubId: 1 }) as User,
    } as unknown as GatePorts['users'],
    rights: {
      async roleOn(userId) {
        asked += 1;
        return readers.has(userId) ? 'read' : null;
      },
      visibleTo: async () => ({ repoIds: [], projectIds: [] }),
    },
  } satisfies GatePorts;
  return {
    ...ports,
    /** The people who may read the repository. */
    readers,
    /** How often rights were asked for. */
    asked: () => asked,
  };
}
