import { expect, test } from '@jest/globals';
import type { Stores } from '../../app/ports.js';

type Catalog = Pick<Stores, 'repos' | 'projects' | 'users' | 'tokens'>;

const repo = (id: number, fullName = 'Octo/Site', installationId: number | null = 7) => ({
  id,
  ownerId: 3,
  fullName,
  defaultBranch: 'main',
  installationId,
  private: false,
});
const project = { repoId: 1, name: 'site', slug: 'site', fallbackSlug: 'site-1' };

/** What the stores of repositories, projects and people must do. `create` gives empty ones for each test. */
export function testCatalogStores(name: string, create: () => Promise<Catalog>): void {
  test(`${name}: a repository is known by id; its names change, also in case`, async () => {
    const { repos } = await create();
    expect(await repos.save(repo(1))).toEqual({ ...repo(1), removedAt: null });
    await repos.save(repo(1, 'octo/renamed'));
    expect(await repos.get(1)).toMatchObject({ fullName: 'octo/renamed' });
    expect(await repos.byFullName('Octo/Site')).toBeNull();
    expect(await repos.byFullName('OCTO/Renamed')).toMatchObject({ id: 1 });
    expect(await repos.get(2)).toBeNull();
  });

  test(`${name}: twenty concurrent saves are one repository`, async () => {
    const { repos } = await create();
    await Promise.all(Array.from({ length: 20 }, () => repos.save(repo(1))));
    expect(await repos.all()).toHaveLength(1);
  });

  test(`${name}: a removed repository leaves its installation and drops the tokens of its runs`, async () => {
    const { repos, tokens } = await create();
    const run = { kind: 'run', deploymentId: 'd', repoId: 1 } as const;
    for (const id of [1, 2]) await repos.save(repo(id, `octo/${id}`));
    await tokens.issue({ hash: 'h1', scope: run, expiresAt: null });
    await tokens.issue({ hash: 'h2', scope: { ...run, repoId: 2 }, expiresAt: null });
    await repos.remove(1);
    await repos.remove(1);
    expect(await repos.get(1)).toMatchObject({ removedAt: expect.any(Date), installationId: null });
    expect(await repos.byFullName('octo/1')).toBeNull();
    expect((await repos.ofInstallation(7)).map(({ id }) => id)).toEqual([2]);
    expect((await repos.all()).map(({ id }) => id)).toEqual([1, 2]);
    expect(await tokens.find('h1', new Date())).toBeNull();
    expect(await tokens.find('h2', new Date())).toEqual({ ...run, repoId: 2 });
  });

  test(`${name}: a late answer does not bring a removed repository back, another installation does`, async () => {
    const { repos } = await create();
    await repos.save(repo(1));
    await repos.remove(1);
    expect(await repos.save(repo(1))).toMatchObject({ removedAt: expect.any(Date), installationId: null });
    expect(await repos.save(repo(1, 'octo/site', 8))).toMatchObject({ removedAt: null, installationId: 8 });
    expect(await repos.byFullName('octo/site')).toMatchObject({ installationId: 8 });
  });

  test(`${name}: an installation that gets a repository back has it at once`, async () => {
    const { repos } = await create();
    expect(await repos.enter(repo(1))).toEqual({ ...repo(1), removedAt: null });
    await repos.remove(1);
    expect(await repos.enter(repo(1))).toMatchObject({ ...repo(1), removedAt: null });
    expect((await repos.ofInstallation(7)).map(({ id }) => id)).toEqual([1]);
  });

  test(`${name}: what an installation lost is known until somebody has it again`, async () => {
    const { repos } = await create();
    for (const id of [1, 2, 3]) await repos.save(repo(id, `octo/${id}`));
    await repos.save(repo(4, 'octo/4', 8));
    for (const id of [1, 2, 4]) await repos.remove(id);
    expect((await repos.removedFrom(7)).map(({ id }) => id)).toEqual([1, 2]);
    await repos.enter(repo(1, 'octo/1', 8));
    expect((await repos.removedFrom(7)).map(({ id }) => id)).toEqual([2]);
  });

  test(`${name}: what GitHub said of a repository is kept until the repository changes or leaves`, async () => {
    const { repos } = await create();
    const at = new Date('2026-01-01T00:00:00Z');
    const policy = { sha: 'a'.repeat(40), file: 'a: 1', etag: '"one"', stale: false };
    const permissions = [{ login: 'mona', level: 'write', at }] as const;
    await repos.keep(await repos.save(repo(1)), { policy });
    const seen = await repos.save(repo(1));
    expect(seen.kept).toEqual({ policy });
    await repos.keep(seen, { permissions });
    expect((await repos.get(1))?.kept).toEqual({ policy, permissions });
    expect((await repos.save(repo(1, 'octo/renamed'))).kept).toEqual({});
  });

  test(`${name}: an answer of before an event that makes it doubtful is not kept after it`, async () => {
    const { repos } = await create();
    const policy = { sha: null, file: null, etag: null, stale: false };
    expect(await repos.doubtPolicy(1)).toBeNull();
    const before = await repos.save(repo(1));
    expect((await repos.doubtPolicy(1))?.kept).toEqual({});
    await repos.keep(before, { policy });
    expect((await repos.get(1))?.kept).toEqual({});
    const doubted = await repos.doubtPolicy(1);
    await repos.keep({ id: 1, epoch: doubted?.epoch }, { policy });
    expect((await repos.get(1))?.kept).toEqual({ policy });
    expect((await repos.doubtPolicy(1))?.kept?.policy).toEqual({ ...policy, stale: true });
  });

  test(`${name}: permissions are forgotten in one repository, or in all of an installation`, async () => {
    const { repos } = await create();
    const permissions = [{ login: 'mona', level: 'admin', at: new Date(0) }] as const;
    for (const id of [1, 2, 3])
      await repos.keep(await repos.save(repo(id, `octo/${id}`, id === 3 ? 8 : 7)), { permissions });
    const known = async () =>
      (await repos.all()).filter(({ kept }) => kept?.permissions?.length === 1).map(({ id }) => id);
    await repos.forgetPermissions({ id: 1 });
    expect(await known()).toEqual([2, 3]);
    await repos.forgetPermissions({ installationId: 7 });
    expect(await known()).toEqual([3]);
  });

  test(`${name}: twenty concurrent ensures make one project`, async () => {
    const { projects } = await create();
    const made = await Promise.all(Array.from({ length: 20 }, () => projects.ensure(project)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(made[0]).toMatchObject({ repoId: 1, name: 'site', slug: 'site', active: true });
    expect(await projects.get(made[0]?.id ?? '')).toEqual(made[0]);
  });

  test(`${name}: a slug that is taken gives way to the other one, and two taken ones are a conflict`, async () => {
    const { projects } = await create();
    await projects.ensure(project);
    expect(await projects.ensure({ ...project, repoId: 2, fallbackSlug: 'site-2' })).toMatchObject({
      slug: 'site-2',
    });
    const third = projects.ensure({ ...project, repoId: 3, fallbackSlug: 'site-2' });
    await expect(third).rejects.toMatchObject({ code: 'conflict' });
  });

  test(`${name}: projects are listed by repository and deleted one by one`, async () => {
    const { projects } = await create();
    const { id } = await projects.ensure(project);
    await projects.ensure({ ...project, name: 'docs', slug: 'docs' });
    await projects.ensure({ ...project, repoId: 2, slug: 'other' });
    expect((await projects.ofRepo(1)).map((each) => each.name)).toEqual(['docs', 'site']);
    await projects.delete(id);
    expect((await projects.ofRepo(1)).map((each) => each.name)).toEqual(['docs']);
    expect(await projects.get(id)).toBeNull();
  });

  test(`${name}: a project that is there is not created again`, async () => {
    const { projects } = await create();
    const settings = { build: 'make', limits: { ttl: '2d' } };
    const made = await projects.create({ ...project, isAdded: true, settings });
    expect(made).toMatchObject({ isAdded: true, isDefault: false, version: 0, settings, deletingAt: null });
    expect(await projects.create(project)).toBeNull();
    expect(await projects.ensure(project)).toEqual(made);
  });

  test(`${name}: of two changes of one version the second is refused, and two projects never have one name`, async () => {
    const { projects } = await create();
    const seen = await projects.ensure(project);
    const other = await projects.ensure({ ...project, name: 'docs', slug: 'docs' });
    const changed = await projects.change(seen, { name: 'shop', active: false, settings: { port: 80 } });
    expect(changed).toMatchObject({ name: 'shop', slug: 'site', active: false, version: seen.version + 1 });
    expect(await projects.get(seen.id)).toEqual(changed);
    expect(await projects.change(seen, { active: true })).toBeNull();
    await expect(projects.change(other, { name: 'shop' })).rejects.toMatchObject({ code: 'conflict' });
  });

  test(`${name}: projects are paged newest first, by repository and by id`, async () => {
    const { projects } = await create();
    const made = [];
    for (const each of ['a', 'b', 'c'])
      made.push(await projects.ensure({ ...project, name: each, slug: each, repoId: each === 'c' ? 2 : 1 }));
    const ids = made.map(({ id }) => id).reverse();
    const first = await projects.list({}, { limit: 2 });
    const rest = await projects.list({}, { limit: 2, cursor: first.nextCursor ?? '' });
    expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
    expect((await projects.list({ repoId: 1 }, { limit: 5 })).items.map((one) => one.name)).toEqual([
      'b',
      'a',
    ]);
    const some = { repoId: 1, ids: [ids[0] ?? '', ids[2] ?? ''] };
    expect((await projects.list(some, { limit: 5 })).items.map((one) => one.name)).toEqual(['a']);
    expect((await projects.list({ ids: [] }, { limit: 5 })).items).toEqual([]);
  });

  test(`${name}: projects on their way out are found in the order in which that began`, async () => {
    const { projects } = await create();
    const [one, two] = [
      await projects.ensure(project),
      await projects.ensure({ ...project, name: 'b', slug: 'b' }),
    ];
    await projects.change(two, { deletingAt: new Date('2026-01-01T00:00:00Z') });
    await projects.change(one, { deletingAt: new Date('2026-01-02T00:00:00Z') });
    expect((await projects.deleting(5)).map(({ id }) => id)).toEqual([two.id, one.id]);
    await projects.delete(two.id);
    expect((await projects.deleting(5)).map(({ id }) => id)).toEqual([one.id]);
  });

  test(`${name}: a lost repository is deleted after its time, and never once the App has it again`, async () => {
    const { repos } = await create();
    const [soon, late] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-01-02T00:00:00Z')];
    for (const id of [1, 2, 3]) await repos.save(repo(id, `octo/${id}`));
    await repos.remove(1, late);
    await repos.remove(1, soon);
    await repos.remove(1, late);
    await repos.remove(2, late);
    await repos.remove(3);
    expect((await repos.toDelete(soon, 5)).map(({ id }) => id)).toEqual([1]);
    expect((await repos.toDelete(late, 5)).map(({ id }) => id)).toEqual([1, 2]);
    await repos.enter(repo(2, 'octo/2', 8));
    expect((await repos.toDelete(late, 5)).map(({ id }) => id)).toEqual([1]);
    await repos.delete(2);
    await repos.delete(1);
    expect((await repos.list({}, { limit: 5 })).items.map(({ id }) => id)).toEqual([3, 2]);
    await repos.setWithoutDefault(2, true);
    expect(await repos.get(2)).toMatchObject({ withoutDefault: true });
  });

  test(`${name}: a person is synced by id, and what GitHub leaves out is not forgotten`, async () => {
    const { users } = await create();
    const seen = { githubId: 5, login: 'mona', email: 'm@example.com', avatarUrl: null };
    await Promise.all(Array.from({ length: 20 }, () => users.saveFromGitHub(seen)));
    await users.saveFromGitHub({ ...seen, login: 'mona2', email: null });
    expect(await users.byGitHubId(5)).toMatchObject({ ...seen, login: 'mona2', active: true });
    expect(await users.byGitHubId(6)).toBeNull();
  });
}
