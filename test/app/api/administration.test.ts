import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { InstanceView } from '../../../src/contract/administration.js';
import { CHECK_STATE } from '../../../src/shared/status/words.js';
import { newSession } from '../../../src/people/session.js';
import { addPeople } from '../../support/add-people.js';
import { startApp, type TestApp } from '../../support/start-app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ config: { admins: ['root'] } });
  const people = {
    root: { githubId: 1, level: 'none' },
    mona: { githubId: 2, level: 'none' },
    'a.+b': { githubId: 3, level: 'none' },
  } as const;
  await addPeople(app.ports, { repoId: 11, people });
});
afterAll(() => app.close());

async function ask(path: string, init: Parameters<TestApp['api']>[1] = {}) {
  const response = await app.api(`/api/v1${path}`, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const logins = async (query: string) =>
  ((await ask(`/users?${query}`)).body['items'] as { login: string }[]).map(({ login }) => login);

const change = (id: string, active: boolean, token?: string) =>
  ask(`/users/${id}`, {
    method: 'PATCH',
    body: JSON.stringify({ active }),
    headers: { 'content-type': 'application/json' },
    ...(token === undefined ? {} : { token }),
  });

test('people are listed newest first, page by page, and found by a part of what they are called', async () => {
  expect(await logins('')).toEqual(['a.+b', 'mona', 'root']);
  expect(await logins('q=ON')).toEqual(['mona']);
  expect(await logins('q=.%2B')).toEqual(['a.+b']);
  expect(await logins('active=false')).toEqual([]);
  const first = (await ask('/users?limit=2')).body;
  expect(await logins(`limit=2&cursor=${String(first['nextCursor'])}`)).toEqual(['root']);
});

test('a person who is shut out loses sessions and tokens at once, can be let in again, and the audit log has both', async () => {
  const mona = await app.ports.users.byGitHubId(2);
  const id = mona?.id ?? '';
  const now = new Date();
  const { session } = newSession({ id: 's1', userId: id, way: 'github', device: 'd', address: 'a', now });
  await app.ports.sessions.create(session);
  expect((await ask('/me', { token: 'vtp_mona' })).status).toBe(200);
  expect(await change(id, false, 'vtp_root')).toMatchObject({ status: 200, body: { active: false } });
  expect((await ask('/me', { token: 'vtp_mona' })).status).toBe(401);
  expect((await app.ports.sessions.ofUser(id, { limit: 5 })).items).toEqual([]);
  expect((await app.ports.tokens.ofUser(id, { limit: 5 })).items).toEqual([]);
  expect(await logins('active=false')).toEqual(['mona']);
  expect(await change(id, true)).toMatchObject({ status: 200, body: { active: true } });
  // Tokens that ended stay ended.
  expect((await ask('/me', { token: 'vtp_mona' })).status).toBe(401);
  const entries = async (query: string) => (await ask(`/audit?${query}`)).body['items'];
  const closed = { actor: 'root', action: 'close-account', subject: id };
  const detail = expect.stringContaining('1 sessions and 1 API tokens ended');
  const opened = { actor: 'tests', action: 'open-account', subject: id };
  expect(await entries(`subject=${id}`)).toMatchObject([opened, { ...closed, detail }]);
  expect(await entries('actor=root')).toMatchObject([closed]);
  expect(await entries('action=open-account')).toMatchObject([opened]);
  expect(await ask(`/audit?actor=root&subject=${id}`)).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining('actor and subject cannot be combined') } },
  });
});

test('nobody shuts themselves out, and a person who is not there cannot be', async () => {
  const root = await app.ports.users.byGitHubId(1);
  expect(await change(root?.id ?? '', false, 'vtp_root')).toMatchObject({
    status: 422,
    body: { error: { message: expect.stringMatching(/your own account/) } },
  });
  expect((await ask('/me', { token: 'vtp_root' })).status).toBe(200);
  expect((await change('f'.repeat(24), false)).status).toBe(404);
});

test('the state of the server tells its parts, what waits, what is used and which migrations ran', async () => {
  const at = new Date(Date.now() - 60 * 60_000);
  await app.ports.jobRuns.note({ name: 'late one', everyMs: 1_000, at, ms: 5, error: 'boom' });
  const view = InstanceView().parse((await ask('/instance')).body);
  expect(view.parts.map(({ id, state }) => [id, state])).toEqual([
    ['database', CHECK_STATE.good],
    ['disk', expect.any(String)],
    ['engine', CHECK_STATE.skipped],
    ['mail', CHECK_STATE.skipped],
  ]);
  expect(view.queues.map(({ name }) => name)).toContain('webhooks');
  expect(view.limits.ports).toEqual({ range: '30000-39999', count: 10_000 });
  expect(view.used).toMatchObject({ previews: 0, ports: 0, disk: { freeBytes: expect.any(Number) } });
  expect(view.migrations).toContainEqual(
    expect.objectContaining({ name: 'administration', appliedAt: expect.any(String) }),
  );
  const late = view.jobs.find(({ name }) => name === 'late one');
  expect(late).toMatchObject({ error: 'boom', everySeconds: 1 });
  expect(late?.lateSeconds).toBeGreaterThan(3_000);
});
