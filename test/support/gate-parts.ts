import { randomBytes } from 'node:crypto';
import type { GatePorts } from '../../app/previews/gate.js';
import type { PreviewAccessPorts, PreviewLink, PreviewPassword } from '../../src/access/store.js';
import { createPasswords } from '../../src/people/password.js';
import type { User } from '../../src/people/user.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { parseKeys } from '../../src/secrets/keys.js';
import type { Clock } from '../../src/shared/tools.js';

/** What the gate asks, in memory. */
export function createGateParts(clock: Clock) {
  const counts = new Map<string, number>();
  const used = new Set<string>();
  const readers = new Set<string>();
  let asked = 0;
  const ports = {
    seal: createSeal(parseKeys(`k1:${randomBytes(32).toString('base64')}`)),
    clock,
    previewBase: { protocol: 'http', domain: 'localhost' },
    publicUrl: 'http://vitrine.test',
    passwords: createPasswords(),
    providers: [],
    admins: [],
    ...createMemoryAccessStores(),
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

/** Passwords and links in memory: test/contracts/access-store-contract.ts holds for them too. */
export function createMemoryAccessStores(): PreviewAccessPorts {
  const passwords = new Map<string, PreviewPassword>();
  const links = new Map<string, PreviewLink & { readonly hash: string }>();
  const opened = (fits: (link: PreviewLink & { readonly hash: string }) => boolean, now: Date) =>
    [...links.values()]
      .filter((link) => link.expiresAt > now && fits(link))
      .map(({ hash: _hash, ...link }): PreviewLink => link)
      .reverse();
  const sharedOf = (environmentId: string, now: Date) =>
    opened((link) => link.environmentId === environmentId && link.kind === 'share', now);
  const removeWhere = (fits: (link: PreviewLink) => boolean) => {
    const found = [...links.values()].filter(fits);
    for (const { id } of found) links.delete(id);
    return found.length;
  };
  return {
    previewPasswords: {
      get: async (projectId) => passwords.get(projectId) ?? null,
      set: async (one) => void passwords.set(one.projectId, one),
      remove: async (projectId) => passwords.delete(projectId),
    },
    previewLinks: {
      create: async (link) => void links.set(link.id, link),
      byHash: async (hash, now) => opened((link) => link.hash === hash, now)[0] ?? null,
      get: async (id, now) => opened((link) => link.id === id, now)[0] ?? null,
      shared: async (environmentId, now) => ({ items: sharedOf(environmentId, now), nextCursor: null }),
      countShared: async (environmentId, now) => sharedOf(environmentId, now).length,
      revoke: async (environmentId, id) =>
        removeWhere((one) => one.id === id && one.environmentId === environmentId && one.kind === 'share') ===
        1,
      deleteOfProject: async (projectId) => void removeWhere((one) => one.projectId === projectId),
      deleteExpired: async (before) => removeWhere(({ expiresAt }) => expiresAt < before),
    },
  };
}
