import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startApp, type TestApp } from '../../../support/start-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
});

test('a person gets a role in a project, another one, and loses it', async () => {
  const { projects, users, repos } = app.ports;
  const repo = { id: 11, ownerId: 1, fullName: 'acme/site', defaultBranch: 'main', installationId: 7 };
  await repos.save({ ...repo, private: true });
  const { id } = await projects.ensure({ repoId: 11, name: 'web', slug: 'web', fallbackSlug: 'web-11' });
  const user = await users.saveFromGitHub({ githubId: 5, login: 'mona', email: null, avatarUrl: null });
  const path = `/api/v1/projects/${id}/members`;
  const put = async (role: string) => {
    const init = {
      method: 'PUT',
      body: JSON.stringify({ role }),
      headers: { 'content-type': 'application/json' },
    };
    const response = await app.api(`${path}/${user.id}`, init);
    return { status: response.status, body: (await response.json()) as { role?: string } };
  };
  expect(await put('read')).toMatchObject({ status: 200, body: { userId: user.id, role: 'read' } });
  expect(await put('write')).toMatchObject({ status: 200, body: { role: 'write' } });
  expect((await put('king')).status).toBe(400);
  expect(await (await app.api(path)).json()).toMatchObject({ items: [{ userId: user.id, role: 'write' }] });
  expect((await app.api(`${path}/nobody`, { method: 'DELETE' })).status).toBe(200);
  expect(await (await app.api(`${path}/${user.id}`, { method: 'DELETE' })).json()).toEqual({ removed: true });
  expect(await (await app.api(path)).json()).toMatchObject({ items: [] });
});
