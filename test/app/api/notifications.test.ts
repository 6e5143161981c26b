import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stores } from '../../../app/ports.js';
import { createNotifier } from '../../../app/workers/notifier.js';
import { endDeployment } from '../../../src/deployments/change.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { signWebhook } from '../../../src/notifications/media.js';
import { DEPLOYMENT_STATUS, ENDED_BY, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { newDeployment, newEnvironment, pullRequest } from '../../support/builders.js';
import { type MailServer, startMailServer } from '../../support/mail-server.js';
import { type Receiver, startReceiver } from '../../support/receiver.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const SECRET_PATH = '/hooks/canary-5f1c7e';
let app: TestApp;
let receiver: Receiver;
let mail: MailServer;
let projectId = '';
let count = 0;
/** While this is true, the worker of the App claims no notification. */
let held = false;

function withHeldWorker(stores: Stores): Stores {
  const { notifications } = stores;
  const claim: typeof notifications.claim = async (by, most) => (held ? [] : notifications.claim(by, most));
  return { ...stores, notifications: { ...notifications, claim } };
}

beforeAll(async () => {
  receiver = await startReceiver();
  mail = await startMailServer();
  app = await startApp({
    ...{ config: { mailFrom: 'vitrine@example.com' }, secrets: { smtpUrl: mail.url } },
    around: { stores: withHeldWorker },
  });
  await app.ports.repos.save({
    ...{ id: 1, ownerId: 3, fullName: 'octo/site', defaultBranch: 'main', installationId: 7, private: false },
  });
  const project = { repoId: 1, name: 'site', slug: 'site', fallbackSlug: 'site-1' };
  projectId = (await app.ports.projects.ensure(project)).id;
});
afterAll(async () => {
  await app.close();
  await receiver[Symbol.asyncDispose]();
  await mail.close();
});

async function send(method: string, path: string, body?: unknown) {
  const response = await app.api(`/api/v1/projects/${projectId}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

interface Made {
  readonly channel: { readonly id: string };
  readonly secret: string | null;
}

/** Adds a channel at a path of the receiver. Its path is its secret. */
async function addChannel(kind: string, path: string, more: object = {}): Promise<Made> {
  const made = await send('POST', '/channels', { kind, name: kind, url: `${receiver.url}${path}`, ...more });
  expect(made.status).toBe(201);
  return made.body as unknown as Made;
}

async function notificationsOf({ channel }: Made) {
  const { body } = await send('GET', `/notifications?channel=${channel.id}`);
  return body['items'] as readonly Record<string, unknown>[];
}

/** A pull request whose deployment runs. */
async function startDeployment() {
  count += 1;
  const number = count;
  const facts = pullRequest({ number, author: { id: 500, login: 'mona', isBot: false } });
  const environment = await app.ports.environments.ensure(
    newEnvironment({ projectId, name: `pr-${String(number)}`, pullRequest: facts }),
  );
  const fresh = newDeployment({ id: app.ports.newId(), projectId, environmentId: environment.id });
  const queued = await app.ports.deployments.ensure(fresh);
  const status = DEPLOYMENT_STATUS.running;
  const running = await app.ports.deployments.change(queued, { status, startedAt: new Date() });
  if (!running) throw new Error('Nobody else changes it.');
  return { environment, deployment: running };
}

async function finish(event: 'succeed' | 'fail', error: string | null = null) {
  const { environment, deployment } = await startDeployment();
  await endDeployment(app.ports, { id: deployment.id, event, endedBy: ENDED_BY.runReport, error });
  await app.drain();
  return { environment, deployment };
}

const removeAll = async () => {
  for (const { id } of (await app.ports.channels.ofProject(projectId, { limit: 50 })).items)
    await app.ports.channels.delete(projectId, id);
};

test('a webhook gets what happened, signed, and once', async () => {
  const made = await addChannel('webhook', SECRET_PATH);
  const { deployment } = await finish('succeed');
  await app.drain();
  expect(receiver.at(SECRET_PATH)).toHaveLength(1);
  const [request] = receiver.at(SECRET_PATH);
  const body = JSON.parse(request?.body ?? '') as { type: string; data: { deployment: { id: string } } };
  expect(body).toMatchObject({ type: 'deployment.succeeded', data: { deployment: { id: deployment.id } } });
  const {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': signature,
  } = request?.headers ?? {};
  const signed = { id: String(id), seconds: String(seconds), body: request?.body ?? '' };
  expect(signature).toBe(signWebhook(made.secret ?? '', signed));
  const [recorded] = await notificationsOf(made);
  expect(recorded).toMatchObject({
    ...{ id, event: 'deployment.succeeded', status: 'sent', attempts: 1, deploymentId: deployment.id },
    ...{ answer: { status: 200, text: 'answered 200' }, error: null, nextAttemptAt: null },
  });
  await removeAll();
});

test('the address and the secret of a channel are shown to nobody and are encrypted in the database', async () => {
  const { channel, secret } = await addChannel('webhook', SECRET_PATH);
  const { body } = await send('GET', '/channels');
  expect(body['items']).toEqual([
    expect.objectContaining({ id: channel.id, host: new URL(receiver.url).host, active: true }),
  ]);
  expect(JSON.stringify(body)).not.toMatch(/canary|whsec/);
  const stored = JSON.stringify(await app.ports.channels.get(projectId, channel.id));
  for (const hidden of ['canary', secret ?? '', Buffer.from('canary').toString('base64').slice(0, 6)])
    expect(stored).not.toContain(hidden);
  const renewed = await send('POST', `/channels/${channel.id}/secret`);
  expect(renewed.body['secret']).toMatch(/^whsec_/);
  expect(renewed.body['secret']).not.toBe(secret);
  await removeAll();
});

test('Slack and Discord get messages of their own, about the events that they want, while they are switched on', async () => {
  await addChannel('slack', '/slack', { events: ['deployment.failed'] });
  const discord = await addChannel('discord', '/discord');
  const off = await addChannel('webhook', '/off');
  await send('PATCH', `/channels/${off.channel.id}`, { active: false });
  await finish('fail', 'The build ended with exit code 1.');
  await finish('succeed');
  expect(receiver.at('/slack')).toHaveLength(1);
  expect(receiver.at('/slack')[0]?.body).toContain('The build ended with exit code 1.');
  expect(receiver.at('/discord').map(({ body }) => body)).toEqual([
    expect.stringContaining('failed'),
    expect.stringContaining('is live'),
  ]);
  expect(receiver.at('/off')).toEqual([]);
  expect(await notificationsOf(discord)).toHaveLength(2);
  await removeAll();
});

test('an approval that is needed and a preview that was removed are told once', async () => {
  const made = await addChannel('webhook', '/states');
  const { environment } = await startDeployment();
  const held = await change(environment, { status: ENVIRONMENT_STATUS.awaitingApproval });
  await app.drain();
  const removing = await change(held, { status: ENVIRONMENT_STATUS.destroying, deployedAt: new Date() });
  await change(removing, { status: ENVIRONMENT_STATUS.destroyed });
  await app.drain();
  const events = (await notificationsOf(made)).map(({ event }) => event);
  expect(events).toEqual(['environment.destroyed', 'approval.needed']);
  await removeAll();
});

test('a preview that does not answer any more is told once, however often it is looked at', async () => {
  const made = await addChannel('webhook', '/unhealthy', { events: ['environment.unhealthy'] });
  const { environment } = await finish('succeed');
  const become = async (state: 'live' | 'unhealthy', since: string) => {
    const seen = await app.ports.environments.get(environment.id);
    const health = {
      state,
      detail: state === 'live' ? null : 'It answers HTTP 500.',
      since: new Date(since),
    };
    if (seen) await app.ports.environments.change(seen, { patch: { health }, due: [] });
    await app.drain();
  };
  await become('live', '2126-11-28T10:00:00Z');
  await become('unhealthy', '2126-11-28T11:00:00Z');
  await become('unhealthy', '2126-11-28T11:00:00Z');
  expect(await notificationsOf(made)).toMatchObject([{ event: 'environment.unhealthy' }]);
  expect(receiver.at('/unhealthy').map(({ body }) => body)).toEqual([
    expect.stringContaining('It answers HTTP 500.'),
  ]);
  await removeAll();
});

async function change(seen: StoredEnvironment, patch: object): Promise<StoredEnvironment> {
  const changed = await app.ports.environments.change(seen, { patch, due: [] });
  if (!changed) throw new Error('Nobody else changes it.');
  return changed;
}

test('a receiver that fails is asked again later, and what it refuses for good can be sent again by hand', async () => {
  const made = await addChannel('webhook', '/fails');
  receiver.answer(503, { 'retry-after': '120' });
  await finish('succeed');
  const [waiting] = await notificationsOf(made);
  expect(waiting).toMatchObject({ status: 'waiting', attempts: 1, answer: { status: 503 } });
  const inMs = Date.parse(String(waiting?.['nextAttemptAt'])) - Date.parse(String(waiting?.['createdAt']));
  expect(inMs).toBeGreaterThan(100_000);
  receiver.answer(404);
  const again = `/notifications/${String(waiting?.['id'])}/send`;
  expect((await send('POST', again)).status).toBe(202);
  await app.drain();
  expect((await notificationsOf(made))[0]).toMatchObject({ status: 'failed', answer: { status: 404 } });
  receiver.answer(302, { location: `${receiver.url}/elsewhere` });
  await send('POST', again);
  await app.drain();
  expect((await notificationsOf(made))[0]).toMatchObject({ error: expect.stringMatching(/redirect/) });
  expect(receiver.at('/elsewhere')).toEqual([]);
  receiver.answer(200);
  await send('POST', again);
  await app.drain();
  expect((await notificationsOf(made))[0]).toMatchObject({ status: 'sent', error: null });
  expect(new Set(receiver.at('/fails').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  await removeAll();
});

test('an address of a private network is not asked', async () => {
  const url = 'http://169.254.169.254/latest/meta-data';
  const { body } = await send('POST', '/channels', { kind: 'webhook', name: 'metadata', url });
  const { channel } = body as unknown as Made;
  const test = await send('POST', `/channels/${channel.id}/test`);
  expect(test.body).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/ALLOW_PRIVATE_ADDRESSES/),
  });
  await removeAll();
});

test('a test message says at once how it went', async () => {
  const made = await addChannel('slack', '/test');
  const { body } = await send('POST', `/channels/${made.channel.id}/test`);
  expect(body).toMatchObject({ event: 'test', status: 'sent', answer: { status: 200 } });
  expect(receiver.at('/test')).toHaveLength(1);
  await removeAll();
});

test('three workers send each of thirty notifications once', async () => {
  const made = await addChannel('webhook', '/race');
  const { id: channelId } = made.channel;
  const facts = { ...factsOf('race'), project: { id: projectId, name: 'site' } };
  const workers = ['a', 'b', 'c'].map((owner) => createNotifier({ ports: app.ports, owner }));
  for (let index = 0; index < 30; index += 1) {
    const id = app.ports.newId();
    await app.ports.notifications.add({
      ...{ id, key: id, medium: 'webhook', event: 'test', projectId, channelId, facts },
    });
  }
  await Promise.all([...workers.map((worker) => worker.drain()), app.drain()]);
  await app.drain();
  const ids = receiver.at('/race').map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(30);
  expect(new Set(ids).size).toBe(30);
  await removeAll();
});

test('after a crash in the middle of sending, a webhook comes again with its id and a chat message does not', async () => {
  const webhook = await addChannel('webhook', '/crash');
  const slack = await addChannel('slack', '/crash-slack');
  held = true;
  for (const { channel } of [webhook, slack]) {
    const id = app.ports.newId();
    const medium = channel === webhook.channel ? ('webhook' as const) : ('slack' as const);
    const facts = factsOf('crash');
    await app.ports.notifications.add({
      id,
      key: id,
      medium,
      event: 'test',
      projectId,
      channelId: channel.id,
      facts,
    });
    // A worker that began to send, and whose process ended then: its lease is over at once.
    const claim = await app.ports.notifications.claimOne(id, { owner: 'dead', leaseMs: 0 });
    if (!claim || !(await app.ports.notifications.begin(claim))) throw new Error('It was free.');
  }
  held = false;
  await app.drain();
  const [repeated] = await notificationsOf(webhook);
  expect(repeated).toMatchObject({ status: 'sent', attempts: 2 });
  expect(receiver.at('/crash').map(({ headers }) => headers['webhook-id'])).toEqual([repeated?.['id']]);
  const [unknown] = await notificationsOf(slack);
  expect(unknown).toMatchObject({ status: 'failed', error: expect.stringMatching(/may have arrived/) });
  expect(receiver.at('/crash-slack')).toEqual([]);
  await send('POST', `/notifications/${String(unknown?.['id'])}/send`);
  await app.drain();
  expect(receiver.at('/crash-slack')).toHaveLength(1);
  await removeAll();
});

function factsOf(name: string) {
  return {
    project: { id: projectId, name },
    ...{
      repository: 'octo/site',
      environment: { id: '', name, url: '' },
      pullRequest: null,
      deployment: null,
    },
    ...{ reason: null, at: new Date().toISOString() },
  };
}

test('the author of a pull request gets the mails that they want, and nobody gets one who never signed in', async () => {
  await app.ports.users.saveFromGitHub({
    githubId: 500,
    login: 'mona',
    email: 'seen@example.com',
    avatarUrl: null,
  });
  await finish('fail', 'The build ended with exit code 1.');
  expect(mail.mails).toEqual([]);
  const mona = await app.ports.users.byGitHubId(500);
  const id = mona?.id ?? '';
  await app.ports.users.change(id, {
    email: 'mona@example.com',
    emailVerified: true,
    signedInAt: new Date(),
  });
  await finish('fail', 'The build ended with exit code 1.');
  await finish('succeed');
  expect(mail.mails.map(({ subject, recipients }) => [recipients[0], subject])).toEqual([
    ['mona@example.com', expect.stringMatching(/^The deployment of site #\d+ failed$/)],
  ]);
  expect(mail.mails[0]?.text).toContain('The build ended with exit code 1.');
  const wants = { theme: 'system', email: true, emailOnSuccess: true, emailOnFailure: false } as const;
  await app.ports.users.change(id, { preferences: wants });
  await finish('fail');
  await finish('succeed');
  expect(mail.mails).toHaveLength(2);
  await app.ports.users.change(id, { preferences: { ...wants, email: false } });
  await finish('succeed');
  expect(mail.mails).toHaveLength(2);
});

test('a channel is not told of what happened before it was made', async () => {
  const { deployment } = await startDeployment();
  await endDeployment(app.ports, {
    id: deployment.id,
    event: 'succeed',
    endedBy: ENDED_BY.runReport,
    error: null,
  });
  const made = await addChannel('webhook', '/late');
  await app.drain();
  expect(await notificationsOf(made)).toEqual([]);
  await removeAll();
});

test('the lists page, filter by status, and know no other project', async () => {
  const made = await addChannel('webhook', '/pages');
  await finish('succeed');
  await finish('fail');
  const first = await send('GET', `/notifications?channel=${made.channel.id}&limit=1`);
  expect(first.body['items']).toHaveLength(1);
  const cursor = String(first.body['nextCursor']);
  const second = await send('GET', `/notifications?channel=${made.channel.id}&limit=1&cursor=${cursor}`);
  expect(second.body).toMatchObject({ items: [expect.anything()], nextCursor: null });
  const failed = await send('GET', `/notifications?status=failed&channel=${made.channel.id}`);
  expect(failed.body['items']).toEqual([]);
  const elsewhere = await app.api(`/api/v1/projects/${'0'.repeat(24)}/channels`);
  expect(elsewhere.status).toBe(404);
  expect((await send('DELETE', `/channels/${made.channel.id}`)).body).toEqual({ deleted: true });
  expect((await send('DELETE', `/channels/${made.channel.id}`)).status).toBe(404);
});
