import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Connection } from 'mongoose';
import type { Stores } from '../../../app/ports.js';
import { createStores } from '../../../app/store/connect.js';
import { migrate } from '../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../app/store/open-connection.js';
import {
  CONTAINER_STATUS,
  DELIVERY_STATUS,
  DEPLOYMENT_STATUS,
  ENVIRONMENT_STATUS,
  NOTIFICATION_STATUS,
} from '../../../src/shared/status/words.js';
import { createSeal } from '../../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../../src/secrets/keys.js';
import { newSession } from '../../../src/people/session.js';
import { delivery, newDeployment, newEnvironment, pullRequest } from '../../support/builders.js';
import { testDatabase } from '../../support/test-database.js';
import { silent } from './empty-stores.js';
import { explainable, stagesOf, workOf } from './explain.js';

type Command = Readonly<Record<string, unknown>>;

const database = testDatabase();
const sent: Command[] = [];
let connection: Connection;
let stores: Stores;

beforeAll(async () => {
  connection = await openConnection({
    uri: database.uri,
    log: silent,
    onCommand: (command) => sent.push(command),
  });
  await migrate({ connection, log: silent });
  stores = createStores(connection);
  await seed();
});

afterAll(async () => {
  await connection.destroy();
  await database.drop();
});

/** Documents that may be looked at in vain; a walk through the whole collection looks at 30. */
const SPARE = 5;
const page = { limit: 5 };
const run = { id: '1', attempt: 1, job: 'deploy' };
const by = { owner: 'w', leaseMs: 10, limit: 5 };
const environmentId = newDeployment().environmentId;
const status = DEPLOYMENT_STATUS.success;
/** More than one query can merge. */
const MANY_PROJECTS = Array.from({ length: 60 }, (_, index) => `q${index}`);
const KEYED = { id: 'k', request: 'r' };
const KEY_TIMES = { now: new Date(1_000), busyUntil: new Date(2_000), expiresAt: new Date(3_000) };

test.each<[string, () => unknown]>([
  ['environment by id', () => stores.environments.get('x')],
  ['environment by slug', () => stores.environments.bySlug('pr-1-site')],
  ['environments of a pull request', () => stores.environments.ofPullRequest(1, 1)],
  [
    'an environment that is ensured',
    () => stores.environments.ensure(newEnvironment({ name: 'pr-1', projectId: 'p1' })),
  ],
  ['active environments counted', () => stores.environments.countActive('p1')],
  ['active environments of an author counted', () => stores.environments.countActive('p1', 1)],
  ['environments that wait for a place', () => stores.environments.queued(5)],
  ['an artifact that is named', () => stores.environments.namesArtifact({ projectId: 'p1', root: 'r' })],
  ['connections of an account removed', () => stores.connections.removeOfAccount(999_999)],
  ['environments deleted', () => stores.environments.deleteOfProject('nobody')],
  ['all active environments counted', () => stores.environments.countAllActive()],
  ['audit log', () => stores.audit.list({}, page)],
  [
    'audit log of an actor, a later page',
    () => stores.audit.list({ actor: 'a' }, { ...page, cursor: 'f'.repeat(24) }),
  ],
  ['audit log of an action', () => stores.audit.list({ action: 'a' }, page)],
  ['audit log of a subject', () => stores.audit.list({ subject: 'a' }, page)],
  ['people', () => stores.users.list({}, page)],
  [
    'people who are shut out, a later page',
    () => stores.users.list({ active: false }, { ...page, cursor: 'f'.repeat(24) }),
  ],
  ['API tokens of a person ended', () => stores.tokens.revokeAll('nobody')],
  ['the first report that is due', () => stores.environments.dueSince('report')],
  ['containers counted', () => stores.containers.counts()],
  ['runs of jobs', () => stores.jobRuns.list()],
  [
    'a run of a job',
    () => stores.jobRuns.note({ name: 'x', everyMs: 1, at: new Date(), ms: 1, error: null }),
  ],
  ['steps of an environment', () => stores.environments.steps('x')],
  ['audit of a subject', () => stores.audit.of('pr-1-site', 5)],
  ['all environments', () => stores.environments.list({}, page)],
  ['active environments', () => stores.environments.list({ activeOnly: true }, page)],
  ['environments by status', () => stores.environments.list({ status: ENVIRONMENT_STATUS.pending }, page)],
  ['environments of a project', () => stores.environments.list({ projectId: 'p1' }, page)],
  [
    'active environments of a project',
    () => stores.environments.list({ projectId: 'p1', activeOnly: true }, page),
  ],
  [
    'environments of a project in its repository',
    () => stores.environments.list({ projectId: 'p1', repository: 'octo/site' }, page),
  ],
  [
    'environments of the projects that a person may see',
    () => stores.environments.list({ projectIds: ['p1', ...MANY_PROJECTS] }, page),
  ],
  [
    'environments of a pull request, in a list',
    () => stores.environments.list({ repoId: 1, pullRequest: 3, projectIds: MANY_PROJECTS }, page),
  ],
  ['environments of a repository id', () => stores.environments.list({ repoId: 1 }, page)],
  ['environments of a repository name', () => stores.environments.list({ repository: 'octo/site' }, page)],
  [
    'environments, a later page',
    () => stores.environments.list({ repoId: 1 }, { ...page, cursor: 'c'.repeat(24) }),
  ],
  ['reports claimed', () => stores.environments.claim('report', by)],
  ['teardowns claimed', () => stores.environments.claim('teardown', by)],
  ['screenshots claimed', () => stores.environments.claim('screenshot', by)],
  ['the screenshot of a deployment', () => stores.screenshots.ofDeployment('d1')],
  ['the screenshots of a page of deployments', () => stores.screenshots.ofDeployments(['d1', 'd2'])],
  ['screenshots of an environment', () => stores.screenshots.listOf(environmentId, page)],
  ['the newest picture of an environment', () => stores.screenshots.latestTaken(environmentId, 'd1')],
  ['screenshots that are removed', () => stores.screenshots.removeOf('nobody', 20)],
  ['what names a picture', () => stores.screenshots.named(['a'.repeat(64)])],
  ['environment marked due', () => stores.environments.markDue('x', 'report')],
  ['deployment by id', () => stores.deployments.get('x')],
  ['deployment by run', () => stores.deployments.byRun(environmentId, 'a'.repeat(40), run)],
  ['a deployment that is ensured', () => stores.deployments.ensure(newDeployment())],
  ['unsettled deployments of a run', () => stores.deployments.unsettledOfRun(1, '1')],
  ['deployments of a commit that wait', () => stores.deployments.unclaimedOf(1, newDeployment().sha)],
  ['unsettled deployments of an environment', () => stores.deployments.unsettledOf(environmentId)],
  ['silent deployments', () => stores.deployments.silentSince(new Date(), 5)],
  ['deployments of an hour', () => stores.deployments.startsSince('p1', new Date(0), 5)],
  ['history', () => stores.deployments.listOf(environmentId, page)],
  [
    'history, a later page',
    () => stores.deployments.listOf(environmentId, { ...page, cursor: 'e'.repeat(24) }),
  ],
  ['deployments by their ids', () => stores.deployments.byIds(['x', 'y'])],
  ['deployments whose end is not counted', () => stores.deployments.withEndings(5)],
  ['an ending that is forgotten', () => stores.deployments.forgetEndings('x', ['k'])],
  ['statistics', () => stores.statistics.days({ from: '2026-01-01', to: '2026-02-01' })],
  [
    'an ending that is counted',
    () => stores.statistics.count({ key: 'k', day: '2026-01-01', status, seconds: 1, by: 1 }, 'p1'),
  ],
  [
    'what was measured',
    () => stores.statistics.measure('p1', { at: new Date(), previews: 1, bytes: 1, files: 1 }),
  ],
  ['the largest projects', () => stores.statistics.largest('2026-01-01', 5)],
  ['statistics deleted', () => stores.statistics.deleteOfProject('nobody')],
  ['deployment that the host of a commit shows', () => stores.deployments.bySha7(environmentId, 'aaaaaaa')],
  ['newest deployment of a commit', () => stores.deployments.newestBySha7(environmentId, 'aaaaaaa')],
  ['running deployments counted', () => stores.deployments.countRunning('p1', 5)],
  ['running deployments of an author counted', () => stores.deployments.countRunning('p1', 5, 'mona')],
  ['deployments of a deleted project', () => stores.deployments.markDeleted('nobody')],
  ['deployments counted', () => stores.deployments.countByStatus()],
  ['logs', () => stores.logs.chunksFrom('d1', 3, 5)],
  ['the chunk of a line', () => stores.logs.startOf('d1', 3)],
  ['the last line of a log', () => stores.logs.lastLine('d1')],
  ['logs deleted', () => stores.logs.deleteOf(['nobody'])],
  ['logs that are too old', () => stores.logs.deleteBefore(new Date(0), 5)],
  ['runtime logs', () => stores.runtimeLogs.chunksFrom('d1', 3, 5)],
  ['logs with new words', () => stores.logWords.due(new Date(), 5)],
  ['a log with new words', () => stores.logWords.markDue({ id: 'd1', projectId: 'p1' }, new Date())],
  ['logs with a word', () => stores.logWords.find('p1', ['word'], 5)],
  ['commit messages with a word', () => stores.logWords.findByMessage('p1', ['word'], 5)],
  ['deleted deployments that have logs', () => stores.logRetention.deleted(5)],
  ['health checks', () => stores.healthChecks.listOf('d1', { ...page, cursor: 'c'.repeat(24) })],
  ['brief health checks that are too old', () => stores.healthChecks.deleteBriefBefore(new Date(0), 5)],
  ['containers', () => stores.containers.listOf('e', { ...page, cursor: 'c'.repeat(24) })],
  [
    'containers of a deployment',
    () => stores.containers.change({ deploymentId: 'd', status: CONTAINER_STATUS.stopped, at: new Date() }),
  ],
  ['containers that were removed', () => stores.containers.deleteOf('d')],
  ['an activity', () => stores.environments.recordActivity('x', new Date())],
  ['health checks that are too old', () => stores.healthChecks.deleteBefore(new Date(0), 5)],
  ['projects of a repository', () => stores.projects.ofRepo(1)],
  [
    'a project that is ensured',
    () => stores.projects.ensure({ repoId: 1, name: 'p1', slug: 'p1', fallbackSlug: 'q1' }),
  ],
  ['project by id', () => stores.projects.get('x')],
  ['all projects', () => stores.projects.list({}, page)],
  ['projects of a repository, newest first', () => stores.projects.list({ repoId: 1 }, page)],
  ['projects that a person sees', () => stores.projects.list({ ids: ['a'.repeat(24)] }, page)],
  ['projects, a later page', () => stores.projects.list({ repoId: 1 }, { ...page, cursor: 'f'.repeat(24) })],
  ['projects that are being deleted', () => stores.projects.deleting(5)],
  ['repositories, a page', () => stores.repos.list({}, page)],
  ['repositories that a person sees', () => stores.repos.list({ ids: [1, 2] }, { ...page, cursor: '9' })],
  ['repositories to delete', () => stores.repos.toDelete(new Date(), 5)],
  ['a repository that is deleted', () => stores.repos.delete(99)],
  ['repository by name', () => stores.repos.byFullName('octo/site')],
  ['repositories of an installation', () => stores.repos.ofInstallation(7)],
  ['all repositories', () => stores.repos.all()],
  ['a repository that is removed', () => stores.repos.remove(99)],
  ['user', () => stores.users.byGitHubId(5)],
  ['user by login', () => stores.users.byLogin('l-5')],
  ['user by account of Google', () => stores.users.byAccount({ provider: 'google', id: 'g-5' })],
  [
    'user by account of another provider',
    () => stores.users.byAccount({ provider: 'openid', issuer: 'https://id', subject: 's-5' }),
  ],
  ['user by address', () => stores.users.byProvenEmail('5@example.com')],
  ['session by cookie', () => stores.sessions.byHash('h5')],
  ['sessions of a person', () => stores.sessions.ofUser('u1', page)],
  [
    'sessions of a person, a later page',
    () => stores.sessions.ofUser('u1', { ...page, cursor: 'f'.repeat(24) }),
  ],
  ['sessions that have ended', () => stores.sessions.deleteExpired(new Date(0))],
  ['sign-ins that have ended', () => stores.pendingSignIns.deleteExpired(new Date(0))],
  ['connection of a person', () => stores.connections.get('u5')],
  ['lists of an installation forgotten', () => stores.connections.forgetReach({ installationId: 99 })],
  ['the list of a person forgotten', () => stores.connections.forgetReach({ githubId: 99 })],
  ['role of a member', () => stores.members.roleOf('p1', 'u5')],
  ['members of a project', () => stores.members.ofProject('p1', page)],
  ['members of a project, a later page', () => stores.members.ofProject('p1', { ...page, cursor: 'u5' })],
  ['projects of a person', () => stores.members.ofUser('u5')],
  ['projects of repositories', () => stores.projects.idsOfRepos([2, 3])],
  ['tokens of a person', () => stores.tokens.ofUser('u1', page)],
  ['tokens of a person, a later page', () => stores.tokens.ofUser('u1', { ...page, cursor: 'f'.repeat(24) })],
  ['password of a person', () => stores.passwordHashes.get('u5')],
  ['a link of a mail', () => stores.passwordResets.find('l5', new Date(0))],
  ['a link of a mail that is used', () => stores.verifications.use('l5', new Date(0))],
  ['links that have ended', () => stores.verifications.deleteExpired(new Date(0))],
  ['invitations of an address', () => stores.invitations.isInvited('5@example.com', new Date(0))],
  ['invitations taken', () => stores.invitations.take('nobody@example.com', new Date(0))],
  ['invitations of a project', () => stores.invitations.ofProject('p1', page)],
  ['invitations that have ended', () => stores.invitations.deleteExpired(new Date(0))],
  ['a password of previews', () => stores.previewPasswords.get('p1')],
  ['a link of a preview', () => stores.previewLinks.byHash('h5', new Date(0))],
  ['links of a preview', () => stores.previewLinks.shared('e1', new Date(0), page)],
  [
    'links of a preview, a later page',
    () => stores.previewLinks.shared('e1', new Date(0), { ...page, cursor: 'f'.repeat(24) }),
  ],
  ['links of a preview counted', () => stores.previewLinks.countShared('e1', new Date(0))],
  ['a link that is revoked', () => stores.previewLinks.revoke('e1', 'f'.repeat(24))],
  ['links of a project that is deleted', () => stores.previewLinks.deleteOfProject('nothing')],
  ['links of previews that have ended', () => stores.previewLinks.deleteExpired(new Date(0))],
  ['channels of a project', () => stores.channels.ofProject('p1', page)],
  ['channels that want an event', () => stores.channels.wanting('p1', 'deployment.failed')],
  ['channels counted', () => stores.channels.countOf('p1')],
  ['notifications of a project', () => stores.notifications.ofProject('p1', {}, page)],
  [
    'notifications of a project, a later page',
    () => stores.notifications.ofProject('p1', {}, { ...page, cursor: 'f'.repeat(24) }),
  ],
  [
    'notifications of a project by status',
    () => stores.notifications.ofProject('p1', { status: NOTIFICATION_STATUS.waiting }, page),
  ],
  ['notifications of a channel', () => stores.notifications.ofProject('p1', { channelId: 'c1' }, page)],
  ['notifications claimed', () => stores.notifications.claim({ owner: 'w', leaseMs: 10_000 }, 1)],
  ['old notifications', () => stores.notifications.deleteBefore(new Date(0))],
  ['what is announced', () => stores.announcements.next(5)],
  ['token', () => stores.tokens.find('h', new Date())],
  ['tokens that have ended', () => stores.tokens.deleteExpired(new Date(0))],
  ['an idempotency key', () => stores.idempotency.begin(KEYED, KEY_TIMES)],
  ['idempotency keys that are over', () => stores.idempotency.deleteExpired(new Date(0))],
  ['requests counted', () => stores.requestRates.add('w', { count: 1, expiresAt: new Date() })],
  ['counts that are over', () => stores.requestRates.deleteExpired(new Date(0))],
  ['deliveries', () => stores.inbox.list({}, page)],
  ['deliveries by status', () => stores.inbox.list({ status: DELIVERY_STATUS.stored }, page)],
  ['deliveries of a repository', () => stores.inbox.list({ repoId: 1 }, page)],
  ['deliveries of several repositories', () => stores.inbox.list({ repoIds: [0, 1, 2] }, page)],
  [
    'deliveries, a later page',
    () => stores.inbox.list({ repoId: 1 }, { ...page, cursor: '1767225600000.g' }),
  ],
  ['deliveries claimed', () => stores.inbox.claim(by)],
  ['one delivery claimed', () => stores.inbox.claim({ ...by, limit: 1 })],
  ['the delivery that waits longest', () => stores.inbox.waitingSince()],
  ['deliveries counted', () => stores.inbox.counts()],
  ['a delivery', () => stores.inbox.get('g-1')],
  ['a delivery that is replayed', () => stores.inbox.replay('g-1', 'mona')],
  ['payloads dropped', () => stores.inbox.dropPayloads(new Date(0), 5)],
  ['deliveries deleted', () => stores.inbox.deleteEnded(new Date(0), 5)],
  ['an artifact', () => stores.artifacts.findByRoot({ projectId: 'p1', root: 'r' })],
  ['an artifact that is there', () => stores.artifacts.exists({ projectId: 'p1', root: '1' })],
  ['hashes that no artifact names', () => stores.artifacts.unnamed(['h'])],
  ['latest artifacts', () => drain(stores.artifacts.latest('p1', 3))],
  ['all artifacts', () => drain(stores.artifacts.list())],
  ['variables that apply', () => stores.variables.of(SCOPES)],
  ['secrets that apply', () => stores.secrets.of(SCOPES)],
  ['variables of a layer', () => stores.variables.list({ projectId: 'p1', layer: 'project' }, page)],
  [
    'secrets of a layer, a later page',
    () => stores.secrets.list({ projectId: 'p1', layer: 'project' }, { ...page, cursor: '0'.repeat(24) }),
  ],
  ['a secret that is set', () => stores.secrets.put({ ...entry(1), sealed: sealedBy('k1') })],
  ['a variable that is deleted', () => stores.variables.delete({ scope: ORG, name: 'NONE' })],
  ['variables of a project deleted', () => stores.variables.deleteAllOf({ projectId: 'nobody' })],
  ['secrets of an organization deleted', () => stores.secrets.deleteAllOf({ ownerId: 99 })],
  ['secrets counted by key', () => stores.sealed[0]?.countByKey()],
  ...['deliveredSecrets', 'notificationChannels', 'githubConnections'].flatMap(ofSealed),
  ['secrets under a key', () => stores.sealed[0]?.under('k1', { after: null, limit: 5 })],
  ['secrets under a key, a later batch', () => stores.sealed[0]?.under('k1', { after: '0', limit: 5 })],
  [
    'a secret that gets another key',
    () =>
      stores.sealed[0]?.replace({ id: 'x', texts: [{ field: 'sealed', sealed: 's', context: '' }] }, [
        sealedBy('k2'),
      ]),
  ],
  ['what a deployment was given', () => stores.delivered.get('x')],
  ['what deployments were given that are there', () => stores.delivered.keep(['x'], new Date(0))],
  ['what old deployments were given', () => stores.delivered.deleteBefore(new Date(0))],
])('%s: an index serves filter and order', async (_what, query) => {
  sent.length = 0;
  await query();
  const commands = sent.map(explainable).filter((command) => command !== null);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const explain = { explain: command, verbosity: 'executionStats' };
    const plan = await connection.getClient().db(connection.name).command(explain);
    const stages = stagesOf(plan);
    expect(stages.length).toBeGreaterThan(0);
    expect(stages).not.toContain('COLLSCAN');
    expect(stages).not.toContain('SORT');
    const { examined, returned } = workOf(plan);
    expect(examined).toBeLessThanOrEqual(returned + SPARE);
  }
});

test('a batch of webhooks is one command, on the disk before it counts', async () => {
  sent.length = 0;
  const batch = Array.from({ length: 100 }, (_, index) => delivery({ guid: `batch-${index}` }));
  await stores.inbox.store(batch);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    insert: 'webhookDeliveries',
    ordered: false,
    writeConcern: { w: 1, j: true },
  });
});

async function seed(): Promise<void> {
  await stores.idempotency.begin(KEYED, KEY_TIMES);
  const { environments, deployments, inbox, repos, projects, logs, artifacts } = stores;
  for (let index = 0; index < 30; index += 1) {
    const odd = index % 2 === 1;
    const fresh = {
      name: `pr-${index}`,
      projectId: odd ? 'p1' : 'p2',
      pullRequest: pullRequest({ number: index + 1 }),
    };
    const made = await environments.ensure(newEnvironment(fresh));
    await environments.change(made, {
      patch: odd ? { status: ENVIRONMENT_STATUS.ready } : {},
      due: ['report', 'teardown'],
    });
    const id = `d${String(index).padStart(23, '0')}`;
    const waiting = await deployments.ensure(
      newDeployment({ id, run: odd ? { ...run, attempt: index } : null }),
    );
    if (odd)
      await deployments.change(waiting, {
        status: DEPLOYMENT_STATUS.success,
        reach: { kind: 'files', root: 'r' },
      });
    await inbox.store([delivery({ guid: `g-${index}`, repoId: index % 3 })]);
    await projects.ensure({ repoId: 1, name: `p${index}`, slug: `p${index}`, fallbackSlug: `q${index}` });
    await logs.append({ deploymentId: 'd1', writer: 'run', batch: index, lines: [LINE] });
    await stores.runtimeLogs.append({ deploymentId: 'd1', writer: 'run', batch: index, lines: [LINE] });
    await stores.logWords.markDue({ id: `w${index}`, projectId: 'p1' }, new Date());
    await artifacts.save({ projectId: 'p1', root: String(index), files: [], complete: odd });
    await repos.save({ ...REPO, id: index, fullName: `octo/${index}` });
    await seedPerson(index);
    await stores.variables.put({ ...entry(index), value: 'x' });
    await stores.secrets.put({ ...entry(index), sealed: sealedBy('k2') });
    await seedNotifications(index);
  }
}

const ORG = { layer: 'org', ownerId: 1 } as const;
const SCOPES = [ORG, { layer: 'project', projectId: 'p1' }] as const;
/** Every collection that holds something sealed is looked through by the key. */
function ofSealed(name: string): [string, () => Promise<unknown> | undefined][] {
  const collection = () => stores.sealed.find((one) => one.name === name);
  return [
    [`${name} counted by key`, () => collection()?.countByKey()],
    [`${name} under a key`, () => collection()?.under('k1', { after: '0', limit: 5 })],
  ];
}

const sealedBy = (key: string) => createSeal(parseKeys(createKey(key))).seal('x', '');

/** One of two layers, of which each has a few. */
function entry(index: number) {
  const scope = SCOPES[index % 2] ?? ORG;
  return { scope, name: `N${index}`, revision: 'r', updatedAt: new Date(0), updatedBy: 'test' };
}

async function seedPerson(index: number): Promise<void> {
  const { users, sessions, members, tokens, connections } = stores;
  const openId = { issuer: 'https://id', subject: `s-${index}` };
  await users.create({
    ...{ name: 'n', login: null, email: `${index}@example.com`, emailVerified: true, avatarUrl: null },
    ...{ githubId: index + 1, googleId: `g-${index}`, openId },
  });
  const id = `e${String(index).padStart(23, '0')}`;
  const userId = index % 3 === 0 ? 'u1' : `u${index}`;
  const who = { id, userId, way: 'github', device: 'd', address: 'a', now: new Date() };
  const { session } = newSession(who);
  await sessions.create({ ...session, hashes: [`h${index}`] });
  await members.set({ projectId: index % 2 === 1 ? 'p1' : `p${index}`, userId: `u${index}`, role: 'read' });
  const scope = { kind: 'user', userId, name: 'n', abilities: ['read'], projectIds: null } as const;
  await tokens.issue({ hash: `t${index}`, scope, expiresAt: null, id });
  await connections.save({
    ...{ userId: `u${index}`, githubId: index + 1, login: 'l', scope: '', connectedAt: new Date() },
    ...{ accessToken: SEALED, refreshToken: null, accessExpiresAt: null, refreshExpiresAt: null },
  });
}
const LINE = { at: new Date(), type: 'build', stage: 'building', level: 'info', text: 'x' } as const;

const SEALED = createSeal(parseKeys(createKey('tests'))).seal('s', 'a context');

async function seedNotifications(index: number): Promise<void> {
  const { channels, invitations, notifications, passwordHashes, passwordResets, verifications } = stores;
  const id = `f${String(index).padStart(23, '0')}`;
  const odd = index % 2 === 1;
  const [createdAt, expiresAt] = [new Date(), new Date(Date.now() + 60_000)];
  const projectId = odd ? 'p1' : 'p2';
  await channels.create({
    ...{ id, projectId, kind: 'slack', name: 'n', host: 'h', events: ['deployment.failed'], active: true },
    ...{ createdAt, updatedAt: createdAt, sealed: SEALED },
  });
  const channelId = odd ? 'c1' : 'c2';
  await notifications.add({ id, key: id, medium: 'slack', event: 'test', projectId, channelId });
  await invitations.save({
    ...{ id, projectId, email: `${String(index)}@example.com`, role: 'read', by: 'b', createdAt, expiresAt },
  });
  const link = { owner: `u${String(index)}`, hash: `l${String(index)}`, createdAt, expiresAt };
  await passwordResets.save(link);
  await verifications.save(link);
  await passwordHashes.set(link.owner, 'h');
  await stores.previewPasswords.set({
    projectId: `p${String(index)}`,
    hash: 'h',
    version: 'v',
    setBy: 'b',
    setAt: createdAt,
  });
  await stores.previewLinks.create({
    ...{ id, projectId, environmentId: odd ? 'e1' : 'e2', kind: odd ? 'share' : 'bypass' },
    ...{ name: 'n', path: '/', createdBy: 'b', createdAt, expiresAt, hash: `h${String(index)}` },
  });
}

const REPO = { ownerId: 1, defaultBranch: 'main', installationId: 7, private: false };

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeDefined();
}
