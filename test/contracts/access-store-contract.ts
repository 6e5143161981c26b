import { expect, test } from '@jest/globals';
import type { PreviewAccessPorts, PreviewLink } from '../../src/access/store.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const at = (ms: number) => new Date(NOW.getTime() + ms);
const id = (n: number) => String(n).padStart(24, '0');

const linkWith = (n: number, changes: Partial<PreviewLink> = {}) => ({
  ...({
    id: id(n),
    kind: 'share',
    environmentId: 'e1',
    projectId: 'p1',
    name: `Link ${String(n)}`,
    path: '/',
  } as const),
  ...{ createdBy: 'octavia', createdAt: NOW, expiresAt: at(60_000), hash: `h${String(n)}` },
  ...changes,
});

/** What the stores of protected previews must do. `create` gives empty ones for each test. */
export function testAccessStores(name: string, create: () => Promise<PreviewAccessPorts>): void {
  test(`${name}: a project has one password, and the newest counts`, async () => {
    const { previewPasswords } = await create();
    const set = { projectId: 'p1', hash: 'a', version: 'v1', setBy: 'octavia', setAt: NOW };
    expect(await previewPasswords.get('p1')).toBeNull();
    await previewPasswords.set(set);
    await previewPasswords.set({ ...set, hash: 'b', version: 'v2' });
    expect(await previewPasswords.get('p1')).toEqual({ ...set, hash: 'b', version: 'v2' });
    expect([await previewPasswords.remove('p1'), await previewPasswords.remove('p1')]).toEqual([true, false]);
    expect(await previewPasswords.get('p1')).toBeNull();
  });

  test(`${name}: a link is found by its hash and its id until it ends, and its hash is not shown`, async () => {
    const { previewLinks } = await create();
    const { hash, ...link } = linkWith(1);
    await previewLinks.create({ ...link, hash });
    expect(await previewLinks.byHash(hash, NOW)).toEqual(link);
    expect(await previewLinks.get(link.id, NOW)).toEqual(link);
    expect(await previewLinks.byHash(hash, at(60_000))).toBeNull();
    expect(await previewLinks.get(link.id, at(60_000))).toBeNull();
    expect(await previewLinks.byHash('h2', NOW)).toBeNull();
  });

  test(`${name}: the links that people made for one preview are listed, newest first, and can be revoked there only`, async () => {
    const { previewLinks } = await create();
    await previewLinks.create(linkWith(1));
    await previewLinks.create(linkWith(2));
    await previewLinks.create(linkWith(3, { environmentId: 'e2' }));
    await previewLinks.create(linkWith(4, { kind: 'bypass' }));
    await previewLinks.create(linkWith(5, { expiresAt: NOW }));
    const names = async () =>
      (await previewLinks.shared('e1', NOW, { limit: 10 })).items.map((link) => link.name);
    expect(await names()).toEqual(['Link 2', 'Link 1']);
    expect(await previewLinks.countShared('e1', NOW)).toBe(2);
    expect(await previewLinks.revoke('e2', id(1))).toBe(false);
    expect(await previewLinks.revoke('e1', id(4))).toBe(false);
    expect(await previewLinks.revoke('e1', id(1))).toBe(true);
    expect(await names()).toEqual(['Link 2']);
    expect(await previewLinks.byHash('h1', NOW)).toBeNull();
  });

  test(`${name}: what has ended, and what belonged to a project, is deleted`, async () => {
    const { previewLinks } = await create();
    await previewLinks.create(linkWith(1, { expiresAt: at(-1) }));
    await previewLinks.create(linkWith(2));
    await previewLinks.create(linkWith(3, { projectId: 'p2' }));
    expect(await previewLinks.deleteExpired(NOW)).toBe(1);
    await previewLinks.deleteOfProject('p1');
    expect(await previewLinks.get(id(2), NOW)).toBeNull();
    expect(await previewLinks.get(id(3), NOW)).not.toBeNull();
  });
}
