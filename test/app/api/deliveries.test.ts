import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { forgetOldDeliveries } from '../../../src/deliveries/retention.js';
import type { NewDelivery } from '../../../src/deliveries/store.js';
import { DELIVERY_STATUS } from '../../../src/shared/status/words.js';
import { delivery } from '../../support/builders.js';
import { nothingGitHub, type NothingGitHub } from '../../support/nothing-github.js';
import { addPeople } from '../../support/add-people.js';
import { startApp, type TestApp } from '../../support/start-app.js';
import { pullRequestPayload } from '../webhooks/inbox/sample-payload.js';

let app: TestApp;
let github: NothingGitHub;

const REPOSITORY = {
  id: 11,
  ownerId: 1,
  fullName: 'acme/hello',
  defaultBranch: 'main',
  installationId: 5,
  private: false,
};
const ignoredBy = (rule: string) => ({ action: 'ignore', rule, detail: 'because', environmentIds: [] });
const at = (day: number) => new Date(Date.UTC(2026, 9, day));

/** Of another repository, with what the searches tell apart. */
const SEARCHED: readonly Partial<NewDelivery>[] = [
  { event: 'push', repoId: 12, repository: 'acme/other', decision: ignoredBy('pushed'), receivedAt: at(1) },
  { event: 'pull_request', repoId: 12, pullRequest: 3, decision: ignoredBy('draft'), receivedAt: at(2) },
  { event: 'pull_request', repoId: 12, pullRequest: 4, decision: ignoredBy('draft'), receivedAt: at(3) },
  {
    event: 'pull_request',
    repoId: 12,
    pullRequest: 4,
    decision: { ...ignoredBy('opened'), action: 'deploy' },
    receivedAt: at(4),
  },
  {
    provider: 'gitlab',
    event: 'push-hook',
    repoId: null,
    repository: 'group/sub/site',
    decision: { ...ignoredBy('provider-not-handled'), action: 'keep' },
    receivedAt: at(5),
  },
];

beforeAll(async () => {
  github = await nothingGitHub();
  app = await startApp({ config: { githubApiUrl: github.url } });
  const { inbox, repos } = app.ports;
  await inbox.store(
    SEARCHED.map((changes, index) => ({ ...delivery({ guid: `searched-${index}` }), ...changes })),
  );
  await repos.save(REPOSITORY);
  await repos.save({ ...REPOSITORY, id: 12, fullName: 'acme/other' });
  const people = {
    reader: { githubId: 40, level: 'read' },
    writer: { githubId: 41, level: 'write' },
  } as const;
  await addPeople(app.ports, { repoId: REPOSITORY.id, people });
});
afterAll(async () => {
  await app.close();
  await github.close();
});

interface Listed {
  readonly items: readonly { readonly id: string; readonly [field: string]: unknown }[];
}

async function ask(path: string, init: Parameters<TestApp['api']>[1] = {}) {
  const response = await app.api(`/api/v1/deliveries${path}`, init);
  return { status: response.status, body: (await response.json()) as Listed & Record<string, unknown> };
}
const found = async (query: string) => (await ask(`?${query}`)).body.items.map(({ id }) => id);

test.each([
  ['repository=acme/other', [3, 2, 1, 0]],
  ['repository=Acme/Other', [3, 2, 1, 0]],
  ['repository_id=12&limit=1', [3]],
  ['repository=acme/other&pull_request=4', [3, 2]],
  ['repository=acme/other&rule=draft', [2, 1]],
  ['rule=draft', [2, 1]],
  ['repository=acme/other&event=push', [0]],
  ['event=push', [0]],
  [`repository=acme/other&status=${DELIVERY_STATUS.handled}`, [3]],
  ['repository=acme/other&from=2026-10-02T00:00:00Z&to=2026-10-03T00:00:00Z', [2, 1]],
  ['repository=acme/nowhere', []],
  [`repository=acme/other&event=pull_request&status=${DELIVERY_STATUS.handled}`, [3]],
  ['repository=acme/other&q=DRAFT', [2, 1]],
  ['repository=acme/other&event=push&q=draft', []],
  ['repository=acme/other&q=.*', []],
  ['provider=gitlab', [4]],
  ['provider=gitlab&repository=group/sub/site', [4]],
  ['provider=gitlab&repository=group/other', []],
  [`status=${DELIVERY_STATUS.retained}`, [4]],
  ['provider=bitbucket', []],
])('deliveries are found by %s, newest first', async (query, expected) => {
  expect(await found(query)).toEqual(expected.map((index) => `searched-${index}`));
});

test('pages go on where the last one ended, also with a time and a rule', async () => {
  const query = 'repository=acme/other&rule=draft&to=2026-10-31T00:00:00Z&limit=1';
  const first = (await ask(`?${query}`)).body;
  expect(first.items.map(({ id }) => id)).toEqual(['searched-2']);
  expect(await found(`${query}&cursor=${String(first['nextCursor'])}`)).toEqual(['searched-1']);
});

test.each([
  ['rule=draft&event=push', /rule and event cannot be combined/],
  ['pull_request=4', /pull_request needs repository/],
  ['provider=gitlab&rule=x', /provider=gitlab can be combined with/],
  ['provider=gitlab&q=x', /provider=gitlab can be combined with/],
  ['repository=acme/other&repository_id=12', /say the same/],
  ['event={$gt}', /event/],
])('%s is refused with the reason', async (query, reason) => {
  const { status, body } = await ask(`?${query}`);
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringMatching(reason) } },
  });
});

test('people see the webhooks of a repository that they may write to, and no others', async () => {
  const asWriter = { token: 'vtp_writer' };
  const asReader = { token: 'vtp_reader' };
  const stored = { ...delivery({ guid: 'of-hello', repoId: REPOSITORY.id }), decision: ignoredBy('x') };
  await app.ports.inbox.store([stored]);
  const own = { status: 200, body: { items: [{ id: 'of-hello' }], nextCursor: null } };
  expect(await ask('', asWriter)).toMatchObject(own);
  expect(await ask('?q=because', asWriter)).toMatchObject(own);
  expect(await ask('', asReader)).toMatchObject({ status: 200, body: { items: [] } });
  expect(await ask('?repository=acme/hello', asWriter)).toMatchObject(own);
  expect(await ask('?repository=acme/hello', asReader)).toMatchObject({ status: 403 });
  expect(await ask('?repository=acme/other', asWriter)).toMatchObject({ status: 404 });
  expect(await ask('?repository=acme/nowhere', asWriter)).toMatchObject({ status: 404 });
  expect(await ask('?provider=gitlab', asWriter)).toMatchObject({ status: 403 });
  expect(await ask('/searched-3', asWriter)).toMatchObject({ status: 404 });
  expect(await ask('/searched-4', asWriter)).toMatchObject({ status: 404 });
});

test('one delivery shows what is kept of it, and is handled again when it is replayed', async () => {
  const guid = 'replayed-1';
  const payload = pullRequestPayload({ state: 'closed', body: 'x'.repeat(1_000) });
  expect((await app.deliver({ event: 'pull_request', payload, guid })).status).toBe(202);
  await app.drain();
  const before = (await ask(`/${guid}`)).body;
  expect(before).toMatchObject({
    id: guid,
    provider: 'github',
    repository: 'acme/hello',
    repoId: 11,
    pullRequest: 7,
    headers: { 'x-github-event': 'pull_request', 'x-github-delivery': guid },
    payload: { number: 7, repository: { full_name: 'acme/hello' } },
    payloadDropped: false,
    replays: [],
  });
  expect(JSON.stringify(before['payload'])).not.toContain('xxx');
  const replayed = await ask(`/${guid}/replay`, { method: 'POST', token: 'vtp_writer' });
  expect(replayed).toMatchObject({ status: 202, body: { id: guid, status: DELIVERY_STATUS.stored } });
  await app.drain();
  const after = (await ask(`/${guid}`)).body;
  expect(after).toMatchObject({
    replays: [{ by: 'writer', at: expect.any(String), decision: before['decision'] }],
  });
  expect(after['status']).not.toBe(DELIVERY_STATUS.stored);
  expect(after['environments']).toEqual(before['environments']);
  expect(await app.ports.audit.of(guid, 10)).toMatchObject([{ actor: 'writer', action: 'replay' }]);
});

test('what cannot be replayed says why and what to do', async () => {
  const refused = async (guid: string) => {
    const { status, body } = await ask(`/${guid}/replay`, { method: 'POST' });
    return `${status} ${(body['error'] as { message: string }).message}`;
  };
  expect(await refused('nothing')).toMatch(/404 There is no such delivery/);
  expect(await refused('searched-4')).toMatch(/422 Webhooks of gitlab are kept for audit only/);
  await app.deliver({
    event: 'star',
    payload: { action: 'created', repository: { id: 11 } },
    guid: 'star-1',
  });
  await app.drain();
  expect(await refused('star-1')).toMatch(/422 Nothing here handles "star"/);
});

test('a payload that retention dropped is shown as dropped, and cannot be replayed', async () => {
  const { inbox } = app.ports;
  const receivedAt = new Date('2020-01-01T00:00:00Z');
  await inbox.store([{ ...delivery({ guid: 'old-1', receivedAt }), decision: ignoredBy('x') }]);
  const clock = { now: () => new Date(+receivedAt + 31 * 86_400_000) };
  const retention = { payloadDays: 30, recordDays: 365 };
  expect(await forgetOldDeliveries({ inbox, clock }, retention)).toEqual({ payloads: 1, deliveries: 0 });
  expect((await ask('/old-1')).body).toMatchObject({ payload: null, payloadDropped: true });
  expect(await ask('/old-1/replay', { method: 'POST' })).toMatchObject({
    status: 422,
    body: { error: { message: expect.stringContaining('DELIVERY_RETENTION_DAYS') } },
  });
});
