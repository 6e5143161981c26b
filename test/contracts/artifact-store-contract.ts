import { expect, test } from '@jest/globals';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import type { ArtifactStore } from '../../src/uploads/store.js';
import { until } from './until.js';

/** What every ArtifactStore must do. `create` gives an empty one for each test. */
export function testArtifactStore(name: string, create: () => Promise<ArtifactStore>): void {
  const root = (digit: number) => String(digit).repeat(64);
  const files: ArtifactFile[] = [
    { path: 'a/é.html', hash: root(7), size: 0 },
    { path: 'index.html', hash: root(8), size: 104_857_600 },
  ];
  const artifact = (digit: number, projectId = 'p1') => ({
    projectId,
    root: root(digit),
    files,
    complete: false,
  });
  const rootsOf = async (found: AsyncIterable<{ root: string }>) => {
    const roots: string[] = [];
    for await (const one of found) roots.push(one.root);
    return roots;
  };

  test(`${name}: an artifact comes back as it was saved`, async () => {
    const store = await create();
    await store.save(artifact(1));
    const found = await store.findByRoot({ projectId: 'p1', root: root(1) });
    expect(found).toMatchObject({ projectId: 'p1', root: root(1), complete: false, files });
    expect(found?.createdAt).toBeInstanceOf(Date);
  });

  test(`${name}: an unknown root is null`, async () => {
    const store = await create();
    expect(await store.findByRoot({ projectId: 'p1', root: root(1) })).toBeNull();
  });

  test(`${name}: whether one exists is known without reading it, complete or not, and by project`, async () => {
    const store = await create();
    await store.save(artifact(1));
    await store.save({ ...artifact(2), complete: true });
    expect(await store.exists({ projectId: 'p1', root: root(1) })).toBe(true);
    expect(await store.exists({ projectId: 'p1', root: root(2) })).toBe(true);
    expect(await store.exists({ projectId: 'p2', root: root(1) })).toBe(false);
    expect(await store.exists({ projectId: 'p1', root: root(3) })).toBe(false);
  });

  test(`${name}: hashes that no artifact of any project names are told from those that one names`, async () => {
    const store = await create();
    expect(await store.unnamed([root(7)])).toEqual(new Set([root(7)]));
    await store.save(artifact(1));
    await store.save({ ...artifact(2, 'p2'), files: [{ path: 'x', hash: root(9), size: 1 }] });
    expect(await store.unnamed([root(6), root(7), root(9), root(6)])).toEqual(new Set([root(6)]));
    expect(await store.unnamed([])).toEqual(new Set());
    await store.delete({ projectId: 'p1', root: root(1) });
    expect(await store.unnamed([root(7), root(9)])).toEqual(new Set([root(7)]));
  });

  test(`${name}: another project does not see it`, async () => {
    const store = await create();
    await store.save(artifact(1));
    expect(await store.findByRoot({ projectId: 'p2', root: root(1) })).toBeNull();
    expect(await rootsOf(store.latest('p2', 10))).toEqual([]);
  });

  test(`${name}: a complete artifact never becomes incomplete again`, async () => {
    const store = await create();
    await store.save({ ...artifact(1), complete: true });
    await store.save(artifact(1));
    expect(await store.findByRoot({ projectId: 'p1', root: root(1) })).toMatchObject({ complete: true });
  });

  test(`${name}: saving twice, also at once, is one artifact`, async () => {
    const store = await create();
    await Promise.all(Array.from({ length: 10 }, () => store.save(artifact(1))));
    expect(await rootsOf(store.latest('p1', 10))).toEqual([root(1)]);
  });

  test(`${name}: the latest come newest first, incomplete ones too, and no more than asked`, async () => {
    const store = await create();
    for (const digit of [1, 2, 3]) await store.save({ ...artifact(digit), complete: digit === 2 });
    await store.save(artifact(1));
    expect(await rootsOf(store.latest('p1', 2))).toEqual([root(1), root(3)]);
    expect(await rootsOf(store.latest('p1', 9))).toEqual([root(1), root(3), root(2)]);
  });

  test(`${name}: a deleted artifact is gone, and deleting it again is fine`, async () => {
    const store = await create();
    await store.save(artifact(1));
    expect(await store.delete({ projectId: 'p1', root: root(1) })).toBe(true);
    expect(await store.delete({ projectId: 'p1', root: root(1) })).toBe(false);
    expect(await store.findByRoot({ projectId: 'p1', root: root(1) })).toBeNull();
    expect(await rootsOf(store.list())).toEqual([]);
  });

  test(`${name}: what an artifact misses is set by its first save, and changes only from what was read`, async () => {
    const store = await create();
    const id = { projectId: 'p1', root: root(1) };
    const owed = async () => (await store.findByRoot(id))?.owed;
    await store.save({ ...artifact(1), owed: [[0, 2]] });
    await store.save({ ...artifact(1), owed: [[0, 1]] });
    expect(await owed()).toEqual([[0, 2]]);
    expect(await store.replaceOwed(id, { from: [[0, 1]], to: [] })).toBe(false);
    expect(await store.replaceOwed({ ...id, projectId: 'p2' }, { from: [[0, 2]], to: [] })).toBe(false);
    expect(await store.replaceOwed(id, { from: [[0, 2]], to: [[1, 1]] })).toBe(true);
    expect(await owed()).toEqual([[1, 1]]);
    expect(await store.replaceOwed(id, { from: [[1, 1]], to: [] })).toBe(true);
    expect(await owed()).toEqual([]);
  });

  test(`${name}: completing is a save of what is there, and brings nothing back`, async () => {
    const store = await create();
    await store.save(artifact(1));
    await store.save(artifact(2));
    expect(await store.complete({ projectId: 'p1', root: root(1) })).toBe(true);
    expect(await store.findByRoot({ projectId: 'p1', root: root(1) })).toMatchObject({
      complete: true,
      files,
    });
    expect(await rootsOf(store.latest('p1', 9))).toEqual([root(1), root(2)]);
    expect(await store.complete({ projectId: 'p2', root: root(1) })).toBe(false);
    expect(await store.complete({ projectId: 'p1', root: root(3) })).toBe(false);
    expect(await store.exists({ projectId: 'p1', root: root(3) })).toBe(false);
  });

  test(`${name}: an artifact that was saved again since it was read is not deleted`, async () => {
    const store = await create();
    await store.save(artifact(1));
    const read = await store.findByRoot({ projectId: 'p1', root: root(1) });
    if (read === null) throw new Error('not saved');
    await until(async () => {
      await store.save(artifact(1));
      return (await store.findByRoot(read))?.createdAt.getTime() !== read.createdAt.getTime();
    });
    expect(await store.delete(read)).toBe(false);
    const { createdAt } = (await store.findByRoot(read)) ?? read;
    expect(await store.delete({ ...read, projectId: 'p2', createdAt })).toBe(false);
    expect(await store.delete({ ...read, createdAt })).toBe(true);
    expect(await rootsOf(store.list())).toEqual([]);
  });

  test(`${name}: the list has the artifacts of every project`, async () => {
    const store = await create();
    await store.save(artifact(1));
    await store.save(artifact(2, 'p2'));
    expect((await rootsOf(store.list())).sort()).toEqual([root(1), root(2)]);
  });

  test(`${name}: fifty thousand files fit`, async () => {
    const store = await create();
    const many = Array.from({ length: 50_000 }, (_, index) => ({
      path: `assets/pages/${String(index).padStart(6, '0')}/index.html`,
      hash: root(index % 10),
      size: index,
    }));
    await store.save({ ...artifact(1), files: many });
    const found = await store.findByRoot({ projectId: 'p1', root: root(1) });
    expect(found?.files.length).toBe(50_000);
    expect(found?.files[49_999]).toEqual(many[49_999]);
  });
}
