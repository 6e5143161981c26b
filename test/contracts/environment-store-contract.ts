import { expect, test } from '@jest/globals';
import type { EnvironmentFilter, EnvironmentStore, StoredEnvironment } from '../../src/environments/store.js';
import type { Decision } from '../../src/pull-requests/decide/decision.js';
import type { Settings } from '../../src/settings/settings.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { newEnvironment, pullRequest } from '../support/builders.js';

const PULL_REQUEST = pullRequest({
  number: 1,
  title: 'A title with $dollar and {"$gt":""}',
  labels: ['preview'],
});
/** The store keeps settings as they are and reads nothing in them. */
const SETTINGS = { nested: { list: ['$where', 'a.b'] } } as unknown as Settings;

/** What every EnvironmentStore must do, apart from claims. `create` gives an empty one for each test. */
export function testEnvironmentStore(name: string, create: () => Promise<EnvironmentStore>): void {
  test(`${name}: a fresh environment starts empty and is found by id, slug and pull request`, async () => {
    const store = await create();
    const made = await store.ensure(newEnvironment({ pullRequest: PULL_REQUEST, settings: SETTINGS }));
    expect(made).toMatchObject({
      ...newEnvironment(),
      status: ENVIRONMENT_STATUS.pending,
      generation: 0,
      version: 0,
      head: null,
    });
    expect(made.due.report).toEqual({ at: null, wanted: 0, attempts: 0, error: null });
    expect(made.pullRequest).toEqual(PULL_REQUEST);
    expect(await store.get(made.id)).toEqual(made);
    expect(await store.bySlug('pr-1-site')).toEqual(made);
    expect(await store.ofPullRequest(1, 1)).toEqual([made]);
    expect(await store.ofPullRequest(2, 1)).toEqual([]);
    expect(await store.get('ffffffffffffffffffffffff')).toBeNull();
    expect(await store.bySlug('nobody')).toBeNull();
  });

  test(`${name}: twenty concurrent ensures make one environment`, async () => {
    const store = await create();
    const made = await Promise.all(Array.from({ length: 20 }, () => store.ensure(newEnvironment())));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await store.list({}, { limit: 10 })).items).toHaveLength(1);
  });

  test(`${name}: a host name that another environment has is a conflict, not a second owner`, async () => {
    const store = await create();
    await store.ensure(newEnvironment({ name: 'one', slug: 'same' }));
    const second = store.ensure(newEnvironment({ name: 'two', slug: 'same' }));
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
  });

  test(`${name}: of two writers that saw the same version, one writes and the other is told`, async () => {
    const store = await create();
    const seen = await store.ensure(newEnvironment());
    const write = {
      patch: { status: ENVIRONMENT_STATUS.provisioning, generation: 1 },
      due: ['report'] as const,
    };
    const answers = await Promise.all([store.change(seen, write), store.change(seen, write)]);
    expect(answers.filter((answer) => answer === null)).toHaveLength(1);
    const stored = await store.get(seen.id);
    expect(stored).toMatchObject({ status: ENVIRONMENT_STATUS.provisioning, generation: 1, version: 1 });
    expect(stored?.due.report).toMatchObject({ wanted: 1, attempts: 0, at: expect.any(Date) });
    expect(stored?.due.teardown).toEqual(seen.due.teardown);
  });

  test.each<[string, Partial<StoredEnvironment>]>([
    ['status', { status: ENVIRONMENT_STATUS.ready }],
    ['generation', { generation: 9 }],
    ['version', { version: 9 }],
    ['id', { id: 'ffffffffffffffffffffffff' }],
  ])(`${name}: a change that saw another %s is refused`, async (_what, wrong) => {
    const store = await create();
    const seen = await store.ensure(newEnvironment());
    const answer = await store.change({ ...seen, ...wrong }, { patch: { error: 'x' }, due: [] });
    expect(answer).toBeNull();
    expect(await store.get(seen.id)).toEqual(seen);
  });

  test(`${name}: a change keeps every shape of value, and sets null where it says null`, async () => {
    const store = await create();
    const seen = await store.ensure(newEnvironment());
    const resource = {
      target: 'any',
      generation: 1,
      deploymentId: 'd',
      artifactRoot: 'root',
      reach: { kind: 'files', root: 'root' } as const,
      doomed: false,
      handle: { deep: [{ a: null }], empty: {} },
    };
    const head = { sha: 'c'.repeat(40), deploymentId: 'd', at: new Date(5) };
    const patch = { head, resources: [resource], settings: SETTINGS, expiresAt: new Date(6), error: 'boom' };
    const written = await store.change(seen, { patch, due: [] });
    expect(written).toMatchObject({ ...patch, due: seen.due });
    const cleared = written && (await store.change(written, { patch: { head: null, error: null }, due: [] }));
    expect(cleared).toMatchObject({ head: null, error: null, resources: [resource] });
    expect(cleared && (await store.get(cleared.id))).toEqual(cleared);
  });

  test(`${name}: an artifact is named as long as a resource that is not doomed was made from it`, async () => {
    const store = await create();
    const seen = await store.ensure(newEnvironment());
    const { projectId } = seen;
    const made = { target: 'any', generation: 1, deploymentId: 'd', handle: {} };
    const resource = { ...made, artifactRoot: 'r1', reach: { kind: 'files', root: 'r1' } as const };
    const doomed = { ...resource, artifactRoot: 'r2', doomed: true };
    await store.change(seen, { patch: { resources: [{ ...resource, doomed: false }, doomed] }, due: [] });
    expect(await store.namesArtifact({ projectId, root: 'r1' })).toBe(true);
    expect(await store.namesArtifact({ projectId, root: 'r2' })).toBe(false);
    expect(await store.namesArtifact({ projectId: 'other', root: 'r1' })).toBe(false);
  });

  test(`${name}: those that are to be deployed are counted by project, and deleted with it`, async () => {
    const store = await create();
    const [gone] = await seed(store);
    expect(await store.countActive(gone.projectId)).toBe(0);
    for (const action of ['deploy', 'skip'] as const) await decideOn(store, { gone, action });
    expect(await store.countActive(gone.projectId)).toBe(1);
    expect(await store.deleteOfProject(gone.projectId)).toBe(3);
    expect(await store.countActive(gone.projectId)).toBe(0);
    expect((await store.list({}, { limit: 9 })).items.map((each) => each.name)).toEqual(['four']);
  });

  test(`${name}: previews are counted by author, and those that wait for a place come in their order`, async () => {
    const store = await create();
    const { projectId } = newEnvironment();
    const decide = async (each: string, author: number, decision: Decision) => {
      const facts = pullRequest({ author: { id: author, login: 'x', isBot: false } });
      const seen = await store.ensure(newEnvironment({ name: each, pullRequest: facts }));
      await store.change(seen, { patch: { decision }, due: [] });
    };
    await decide('pr-1', 5, { action: 'deploy', rule: 'opened', detail: '' });
    await decide('pr-2', 6, { action: 'deploy', rule: 'opened', detail: '' });
    for (const each of ['pr-3', 'pr-4'])
      await decide(each, 5, { action: 'skip', rule: 'limit-queued', detail: '' });
    expect([await store.countActive(projectId), await store.countActive(projectId, 5)]).toEqual([2, 1]);
    expect((await store.queued(9)).map((one) => one.name)).toEqual(['pr-3', 'pr-4']);
    expect((await store.queued(1)).map((one) => one.name)).toEqual(['pr-3']);
  });

  test.each<[EnvironmentFilter, string[]]>([
    [{}, ['four', 'three', 'two', 'one']],
    [{ activeOnly: true }, ['four', 'three', 'two']],
    [{ status: ENVIRONMENT_STATUS.destroyed }, ['one']],
    [{ status: ENVIRONMENT_STATUS.destroyed, activeOnly: true }, []],
    [{ projectId: 'p1' }, ['three', 'two', 'one']],
    [{ repository: 'octo/b' }, ['four', 'three']],
    [{ repoId: 2, projectId: 'p1' }, ['three']],
    [{ repoId: 9 }, []],
    [{ projectIds: [] }, []],
    [{ projectIds: ['p2', 'p1'] }, ['four', 'three', 'two', 'one']],
    [{ projectIds: [...many('a'), 'p2', ...many('q'), 'p1'] }, ['four', 'three', 'two', 'one']],
    [{ projectIds: ['p1'], repository: 'octo/b' }, ['three']],
    [{ projectIds: ['p2'], projectId: 'p1' }, []],
    [{ repoId: 2, pullRequest: 4 }, ['four']],
    [{ repoId: 2, pullRequest: 4, projectIds: ['p1'] }, []],
  ])(`${name}: the list for %j is newest first, in pages of any size`, async (filter, names) => {
    const store = await create();
    await seed(store);
    for (const limit of [1, 3, 100]) expect(await pagesOf(store, { filter, limit })).toEqual(names);
  });
}

/** Ids of projects without environments, so many that one query cannot merge them. */
function many(letter: string): string[] {
  return Array.from({ length: 40 }, (_, index) => `${letter}${index}`);
}

/** Decides on one more environment of the project. */
async function decideOn(
  store: EnvironmentStore,
  { gone, action }: { gone: StoredEnvironment; action: 'deploy' | 'skip' },
): Promise<void> {
  const all = (await store.list({ projectId: gone.projectId, activeOnly: true }, { limit: 9 })).items;
  const open = all.find(({ decision }) => decision === null);
  const decision = { action, rule: 'opened', detail: 'For the count.' } as const;
  expect(open && (await store.change(open, { patch: { decision }, due: [] }))).toBeTruthy();
}

async function seed(store: EnvironmentStore): Promise<[StoredEnvironment]> {
  const b = { repoId: 2, repository: 'octo/b' };
  const fresh = [
    { name: 'one', projectId: 'p1' },
    { name: 'two', projectId: 'p1' },
    { name: 'three', projectId: 'p1', ...b },
    { name: 'four', projectId: 'p2', ...b, pullRequest: pullRequest({ number: 4 }) },
  ];
  const made: StoredEnvironment[] = [];
  for (const each of fresh) made.push(await store.ensure(newEnvironment(each)));
  const [first] = made;
  const gone =
    first && (await store.change(first, { patch: { status: ENVIRONMENT_STATUS.destroyed }, due: [] }));
  if (!gone) throw new Error('The first environment could not be changed.');
  return [gone];
}

async function pagesOf(
  store: EnvironmentStore,
  { filter, limit }: { filter: EnvironmentFilter; limit: number },
): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.list(filter, { limit, ...(cursor !== null && { cursor }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    names.push(...page.items.map((each) => each.name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return names;
}
