import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  approveEnvironment,
  cancelEnvironment,
  extendEnvironment,
  getEnvironment,
  listEnvironments,
  pinEnvironment,
  redeployEnvironment,
  unpinEnvironment,
} from '../../../src/contract/environments.js';
import type { Client } from '../../../src/contract/client.js';
import { changeEnvironment } from '../../../src/environments/change.js';
import { sweep } from '../../../src/reconcile/sweep.js';
import { hashToken } from '../../../src/people/api-token.js';
import { listDecisions } from '../../../src/contract/history.js';
import { CONCLUSION } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { resolveOptions } from '../../../demo/github/options.js';
import { addReach } from '../../support/add-people.js';
import { apiClient } from '../../support/api-client.js';
import { secondsApart } from '../../support/clock.js';
import { lookAt } from '../../support/look-at.js';
import { begin, end } from '../../support/run-by-hand.js';
import { AUTHOR, openPullRequest, REPOSITORY, startWorld, type World } from '../../support/start-world.js';

const APP_PERMISSIONS = { ...resolveOptions({}).app.permissions, actions: 'write' } as const;
const WRITER = 'vtp_writer';
const EXPIRED = (expiresAt: Date) => ({ patch: { expiresAt }, due: [] });

let world: World;
let api: Client;

beforeAll(async () => {
  const repository = {
    fullName: REPOSITORY,
    files: { 'index.html': '<h1>Hello</h1>\n' },
    collaborators: { reader: 'read', writer: 'write' },
  } as const;
  const users = [AUTHOR, 'reader', 'writer'];
  world = await startWorld({
    github: {
      clock: secondsApart(),
      users,
      repositories: [repository],
      app: { permissions: APP_PERMISSIONS },
    },
  });
  const { tokens, users: people } = world.app.ports;
  const account = await fetch(`${world.github.url}/users/writer`);
  const { id: githubId } = (await account.json()) as { id: number };
  const writer = { githubId, login: 'writer' };
  const { id: userId } = await people.saveFromGitHub({ ...writer, email: null, avatarUrl: null });
  await addReach(world.app.ports, { ...writer, userId, repoIds: [world.repoId()] });
  const person = { kind: 'user', userId, name: 'writer' } as const;
  const scope = { ...person, abilities: ['read', 'deploy'], projectIds: null } as const;
  await tokens.issue({ hash: hashToken(WRITER), scope, expiresAt: null });
  api = apiClient(world.app, WRITER);
});
afterAll(async () => void (await world[Symbol.asyncDispose]()));

/** A pull request of a person whose commits wait for approval. */
async function held(head: string) {
  const opened = await openPullRequest(world, { head, author: 'reader' });
  const { environment } = await lookAt(world, opened.number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.awaitingApproval);
  return { ...opened, params: { id: environment.id } };
}

/** A pull request whose preview is live; its run is one that GitHub knows. */
async function live(head: string) {
  const opened = await openPullRequest(world, { head });
  const run = await world.github.startRun({ repository: REPOSITORY, number: opened.number });
  const started = await begin(world, { ...opened, runId: String(run.id) });
  await end(world, started, { status: DEPLOYMENT_STATUS.success, url: 'https://hello.example.com' });
  world.github.finishRun(run, CONCLUSION.success);
  await world.drain();
  return { ...opened, run, params: { id: started.environment.id } };
}

/** The newest links of the chain of decisions that a person asked for. */
async function askedFor(params: { readonly id: string }) {
  const { items } = await api(listDecisions, { params });
  return items.filter(({ actor }) => actor === 'writer');
}

const reportOf = async ({ number }: { number: number }) => {
  await world.drain();
  return (await world.reviewer.comments(number)).map(({ body }) => body).join('\n');
};

test('a person with write access approves a commit, and the pull request asks for a re-run', async () => {
  const pull = await held('held');
  const body = { sha: pull.sha };
  const approved = await api(approveEnvironment, { params: pull.params, body });
  expect(approved).toMatchObject({ commit: pull.sha, decision: { action: 'deploy', rule: 'approved' } });
  expect(await api(approveEnvironment, { params: pull.params, body })).toMatchObject({ id: approved.id });
  expect(await reportOf(pull)).not.toContain('Awaiting approval');
  expect(await lookAt(world, pull.number)).toMatchObject({
    environment: { approvedSha: pull.sha, status: ENVIRONMENT_STATUS.pending },
    deployments: [{ status: DEPLOYMENT_STATUS.queued, creator: 'manual', triggeredBy: 'writer' }],
  });
  expect(await askedFor(pull.params)).toEqual([
    expect.objectContaining({
      ...{ action: 'approve', rule: 'approved', source: 'api', commit: pull.sha },
      ...{ status: ENVIRONMENT_STATUS.pending, at: expect.any(String) },
      detail: expect.stringContaining(`Commit ${pull.sha} was approved. `),
    }),
  ]);
});

test('a commit that is not the newest one any more cannot be approved, also before its webhook arrived', async () => {
  const pull = await held('moved');
  world.github.webhooks.hold();
  const change = { repository: REPOSITORY, branch: 'moved', files: { 'b.txt': 'b' }, pusher: 'reader' };
  const [pushed] = (await world.github.push(change)).pullRequests;
  const newest = pushed?.pullRequest.head.sha ?? '';
  const late = api(approveEnvironment, { params: pull.params, body: { sha: pull.sha } });
  await expect(late).rejects.toMatchObject({
    status: 409,
    code: 'stale_head',
    message: expect.stringContaining(newest),
  });
  expect(await api(getEnvironment, { params: pull.params })).toMatchObject({
    commit: newest,
    status: ENVIRONMENT_STATUS.awaitingApproval,
  });
  await world.github.webhooks.release();
  await world.drain();
  const approved = await api(approveEnvironment, { params: pull.params, body: { sha: newest } });
  expect(approved.decision).toMatchObject({ rule: 'approved' });
});

test('a live preview lives longer when a person asks for it, as long as the policy allows', async () => {
  const pull = await live('longer');
  const soon = new Date(Date.now() + 60 * 60_000);
  const { environments } = world.app.ports;
  const stored = await environments.get(pull.params.id);
  if (stored) await environments.change(stored, { patch: { expiresAt: soon }, due: [] });
  const longer = await api(extendEnvironment, { params: pull.params, body: { duration: '2d' } });
  expect(longer.expiresAt).toBe(new Date(soon.getTime() + 2 * 24 * 60 * 60_000).toISOString());
  const most = await api(extendEnvironment, { params: pull.params, body: { duration: '300d' } });
  expect(most.expiresAt).not.toBe(longer.expiresAt);
  const wrong = api(extendEnvironment, { params: pull.params, body: { duration: '2 days' } });
  await expect(wrong).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining('90m, 12h or 2d'),
  });
  const extended = { action: 'extend', rule: 'asked', source: 'api', status: ENVIRONMENT_STATUS.ready };
  expect(await askedFor(pull.params)).toMatchObject([
    extended,
    { ...extended, detail: expect.stringMatching(/^Extended by 2d, until .* UTC\.$/), commit: pull.sha },
  ]);
});

test('a pinned preview is kept, and it expires again from the moment it is unpinned', async () => {
  const pull = await live('kept');
  const past = new Date(Date.now() - 60_000);
  expect(await api(pinEnvironment, { params: pull.params })).toMatchObject({ pinned: true, expiresAt: null });
  await changeEnvironment(world.app.ports, { id: pull.params.id, plan: () => EXPIRED(past) });
  await sweep(world.app.ports);
  expect(await api(pinEnvironment, { params: pull.params })).toMatchObject({ pinned: true, live: true });
  const extended = api(extendEnvironment, { params: pull.params, body: { duration: '1d' } });
  await expect(extended).rejects.toMatchObject({ status: 409, message: expect.stringContaining('Unpin') });
  const unpinned = await api(unpinEnvironment, { params: pull.params });
  expect(unpinned).toMatchObject({ pinned: false, live: true });
  expect(Date.parse(unpinned.expiresAt ?? '')).toBeGreaterThan(past.getTime());
  expect(await askedFor(pull.params)).toMatchObject([{ action: 'unpin' }, { action: 'pin', rule: 'asked' }]);
});

test('half of the previews of a project may be pinned, and closing the pull request removes a pinned one', async () => {
  const pull = await live('first-pin');
  const { environments } = world.app.ports;
  const { settings } = (await environments.get(pull.params.id)) ?? {};
  const small = settings && { ...settings, limits: { ...settings.limits, environments: 3 } };
  const other = await live('second-pin');
  for (const { params } of [pull, other])
    await changeEnvironment(world.app.ports, {
      ...{ id: params.id, plan: () => ({ patch: { settings: small ?? null }, due: [] }) },
    });
  await api(pinEnvironment, { params: pull.params });
  await expect(api(pinEnvironment, { params: other.params })).rejects.toMatchObject({
    ...{ status: 422, message: expect.stringContaining('1 pinned preview already') },
  });
  await world.github.closePullRequest({ repository: REPOSITORY, number: pull.number });
  await world.drain();
  const { environment } = await lookAt(world, pull.number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, pinned: null });
  const gone = api(pinEnvironment, { params: pull.params });
  await expect(gone).rejects.toMatchObject({ code: 'environment_gone' });
});

test('a redeployment runs the workflow of the newest commit again, and its deployment says who asked', async () => {
  const pull = await live('again');
  const before = await lookAt(world, pull.number);
  const { run, environment } = await api(redeployEnvironment, { params: pull.params });
  expect(run).toEqual({
    id: String(pull.run.id),
    url: expect.stringContaining(`/actions/runs/${pull.run.id}`),
  });
  expect(environment).toMatchObject({ live: true, commit: pull.sha });
  await expect(api(redeployEnvironment, { params: pull.params })).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(run.url),
  });
  const again = await begin(world, { ...pull, runId: String(pull.run.id), attempt: 2 });
  expect(again.deployment).toMatchObject({
    ...{ creator: 'manual', triggeredBy: 'writer' },
    previousDeploymentId: before.environment.current?.deploymentId,
  });
  expect(again.environment.head).not.toHaveProperty('redeploy');
  expect(await askedFor(pull.params)).toMatchObject([
    { action: 'redeploy', rule: 'asked', source: 'api', commit: pull.sha, status: ENVIRONMENT_STATUS.ready },
  ]);
});

test('a build is cancelled with its workflow run, what was live stays, and nothing is left to cancel', async () => {
  const pull = await live('stop');
  const change = { repository: REPOSITORY, branch: 'stop', files: { 'c.txt': 'c' }, pusher: AUTHOR };
  const [pushed] = (await world.github.push(change)).pullRequests;
  await world.drain();
  const run = await world.github.startRun({ repository: REPOSITORY, number: pull.number });
  const head = { number: pull.number, sha: pushed?.pullRequest.head.sha ?? '' };
  const started = await begin(world, { ...head, runId: String(run.id) });
  const cancelled = await api(cancelEnvironment, { params: pull.params });
  expect(cancelled).toMatchObject({
    environment: { live: true, commit: head.sha, currentCommit: pull.sha, status: ENVIRONMENT_STATUS.ready },
    run: { id: String(run.id), url: expect.stringContaining(`/actions/runs/${run.id}`) },
  });
  const { deployments } = world.app.ports;
  expect(await deployments.get(started.deployment.id)).toMatchObject({
    ...{ status: DEPLOYMENT_STATUS.cancelled, endedBy: 'run-end' },
  });
  await world.drain();
  expect(await askedFor(pull.params)).toMatchObject([
    { action: 'cancel', rule: 'asked', source: 'api', commit: head.sha },
  ]);
  await expect(api(cancelEnvironment, { params: pull.params })).rejects.toMatchObject({
    ...{ status: 409, code: 'conflict', message: expect.stringContaining('Nothing is being built') },
  });
});

test('a commit whose run has not begun the preview is cancelled too, and without a run there is nothing to cancel', async () => {
  const { number } = await openPullRequest(world, { head: 'early' });
  const params = { id: (await lookAt(world, number)).environment.id };
  await expect(api(cancelEnvironment, { params })).rejects.toMatchObject({
    ...{ status: 409, message: expect.stringContaining('No workflow run works on this commit') },
  });
  const run = await world.github.startRun({ repository: REPOSITORY, number });
  expect(await api(cancelEnvironment, { params })).toMatchObject({ run: { id: String(run.id) } });
  await world.drain();
  const { deployments } = await lookAt(world, number);
  expect(deployments).toMatchObject([{ status: DEPLOYMENT_STATUS.cancelled, endedBy: 'workflows-end' }]);
});

test('where no run has deployed the commit, the refusal says where to start one', async () => {
  const { number } = await openPullRequest(world, { head: 'unbuilt' });
  const { environment } = await lookAt(world, number);
  await expect(api(redeployEnvironment, { params: { id: environment.id } })).rejects.toMatchObject({
    status: 409,
    message: expect.stringContaining(`/pull/${number}/checks`),
  });
});

test('an App that may not run workflows again answers with the run to re-run by hand', async () => {
  await using other = await startWorld();
  const opened = await openPullRequest(other);
  const run = await other.github.startRun({ repository: REPOSITORY, number: opened.number });
  const started = await begin(other, { ...opened, runId: String(run.id) });
  await end(other, started, { status: DEPLOYMENT_STATUS.success, url: 'https://hello.example.com' });
  other.github.finishRun(run, CONCLUSION.success);
  await other.drain();
  await other.app.ports.tokens.issue({
    hash: hashToken('vto_ops'),
    scope: { kind: 'operator', name: 'ops' },
    expiresAt: null,
  });
  const asked = apiClient(other.app, 'vto_ops')(redeployEnvironment, {
    params: { id: started.environment.id },
  });
  await expect(asked).rejects.toMatchObject({
    status: 409,
    code: 'conflict',
    message: expect.stringMatching(new RegExp(`/actions/runs/${run.id}.*Actions: write`)),
  });
  expect((await lookAt(other, opened.number)).environment.head).not.toHaveProperty('redeploy');
  const params = { id: started.environment.id };
  const { items } = await apiClient(other.app, 'vto_ops')(listDecisions, { params });
  expect(items.slice(0, 2)).toMatchObject([
    { action: 'redeploy', rule: 'not-run', actor: 'ops' },
    { action: 'redeploy', rule: 'asked', actor: 'ops' },
  ]);
});

test('an App that may not cancel workflows answers with the run to cancel by hand, and the build goes on', async () => {
  await using other = await startWorld();
  const opened = await openPullRequest(other);
  const run = await other.github.startRun({ repository: REPOSITORY, number: opened.number });
  const started = await begin(other, { ...opened, runId: String(run.id) });
  const scope = { kind: 'operator', name: 'ops' } as const;
  await other.app.ports.tokens.issue({ hash: hashToken('vto_ops'), scope, expiresAt: null });
  const params = { id: started.environment.id };
  await expect(apiClient(other.app, 'vto_ops')(cancelEnvironment, { params })).rejects.toMatchObject({
    ...{ status: 409, code: 'conflict' },
    message: expect.stringMatching(new RegExp(`/actions/runs/${run.id}.*Actions: write`)),
  });
  expect(await other.app.ports.deployments.get(started.deployment.id)).toMatchObject({
    status: DEPLOYMENT_STATUS.running,
  });
});

test('environments are found by their pull request, which needs the repository', async () => {
  const { number } = await openPullRequest(world, { head: 'found' });
  const query = { repository: REPOSITORY, pull_request: number };
  const { items } = await api(listEnvironments, { query });
  expect(items).toMatchObject([{ pullRequest: { number } }]);
  expect(await api(listEnvironments, { query: { ...query, repository: 'acme/unknown' } })).toEqual({
    items: [],
    nextCursor: null,
  });
  await expect(api(listEnvironments, { query: { pull_request: number } })).rejects.toMatchObject({
    status: 400,
  });
});
