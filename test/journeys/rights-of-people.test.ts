import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { App } from '../../app/create-app.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';
import { signInWithGitHub, type Visitor } from '../support/visitor.js';

const OTHER = 'acme/other';
let world: World;
let app: App;

beforeAll(async () => {
  const files = { 'index.html': 'Hello' };
  world = await startWorld({
    github: {
      users: ['octavia', 'hubot', 'stranger'],
      repositories: [
        { fullName: REPOSITORY, files, private: true, collaborators: { hubot: 'write' } },
        { fullName: OTHER, files, private: true },
      ],
    },
  });
  ({ app } = world);
  await openPullRequest(world);
  await openPullRequest(world, { repository: OTHER, head: 'change' });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const as = (login: string) => signInWithGitHub({ app, github: world.github, login });
async function seenBy(visitor: Visitor): Promise<string[]> {
  const answer = (await (await visitor.ask('/api/v1/environments')).json()) as {
    items: { repository: string }[];
  };
  return answer.items.map(({ repository }) => repository);
}

test('people see what GitHub lets them see, and a stranger sees nothing', async () => {
  expect(await seenBy(await as('octavia'))).toEqual([OTHER, REPOSITORY]);
  expect(await seenBy(await as('hubot'))).toEqual([REPOSITORY]);
  const stranger = await as('stranger');
  expect(await seenBy(stranger)).toEqual([]);
  const [environment] = await app.ports.environments.ofPullRequest(world.repoId(), 1);
  expect((await stranger.ask(`/api/v1/environments/${environment?.id ?? ''}`)).status).toBe(404);
});

test('the list of repositories is asked for once in five minutes, and again after an event', async () => {
  const visitor = await as('hubot');
  const asked = () => world.github.requests({ method: 'GET', path: /^\/user\/installations$/ }).length;
  await seenBy(visitor);
  const before = asked();
  await seenBy(visitor);
  expect(asked()).toBe(before);
  await app.ports.connections.forgetReach({ installationId: world.github.installationId('acme') ?? 0 });
  await seenBy(visitor);
  expect(asked()).toBe(before + 1);
});

test('members of a project see it and what is in it without GitHub, as far as their role goes', async () => {
  const visitor = await as('stranger');
  const { id: userId } = (await (await visitor.ask('/api/v1/me')).json()) as { id: string };
  const [environment] = await app.ports.environments.ofPullRequest(world.repoId(), 1);
  const path = `/api/v1/environments/${environment?.id ?? ''}`;
  const projectId = environment?.projectId ?? '';
  await app.ports.members.set({ projectId, userId, role: 'read' });
  expect(await seenBy(visitor)).toEqual([REPOSITORY]);
  expect((await visitor.ask(path)).status).toBe(200);
  expect((await visitor.api(`${path}/destroy`, { method: 'POST' })).status).toBe(403);
  await app.ports.members.remove(projectId, userId);
  expect((await visitor.api(`${path}/destroy`, { method: 'POST' })).status).toBe(404);
});

test('T49: after the event that takes a permission away, the next write is 404 at once', async () => {
  const visitor = await as('hubot');
  const [environment] = await app.ports.environments.ofPullRequest(world.repoId(), 1);
  const path = `/api/v1/environments/${environment?.id ?? ''}`;
  expect((await visitor.ask(path)).status).toBe(200);
  world.github.changeCollaborator({ repository: REPOSITORY, login: 'hubot', role: null });
  await world.drain();
  expect((await visitor.api(`${path}/destroy`, { method: 'POST' })).status).toBe(404);
  expect(await seenBy(visitor)).toEqual([]);
});

test('a login that belongs to another account by now gives nothing to the person who had it', async () => {
  const visitor = await as('octavia');
  const { id } = (await (await visitor.ask('/api/v1/me')).json()) as { id: string };
  const [environment] = await app.ports.environments.ofPullRequest(world.repoId(), 1);
  const path = `/api/v1/environments/${environment?.id ?? ''}`;
  expect((await visitor.ask(path)).status).toBe(200);
  await app.ports.users.change(id, { githubId: 999_999 });
  await app.ports.repos.forgetPermissions({ id: world.repoId() });
  expect((await visitor.ask(path)).status).toBe(404);
});

test('administrators are named in the configuration and have every role everywhere', async () => {
  await using own = await startWorld({ admins: 'hubot', github: { users: ['octavia', 'hubot'] } });
  await openPullRequest(own);
  const first = await signInWithGitHub({ ...own, login: 'octavia' });
  const named = await signInWithGitHub({ ...own, login: 'hubot' });
  const isAdministrator = async (visitor: Visitor) =>
    ((await (await visitor.ask('/api/v1/me')).json()) as { administrator: boolean }).administrator;
  expect([await isAdministrator(first), await isAdministrator(named)]).toEqual([false, true]);
  expect((await first.ask('/api/v1/audit')).status).toBe(403);
  expect((await named.ask('/api/v1/audit')).status).toBe(200);
  expect(await seenBy(named)).toEqual([REPOSITORY]);
});
