import { expect, test } from '@jest/globals';
import type { Stores } from '../../../app/ports.js';
import { newDeployment, newEnvironment } from '../../support/builders.js';
import { emptyStores } from './empty-stores.js';

const create = emptyStores();

/** Corpus F of the bad inputs: what a careless caller could pass on from a query string or a body. */
const EVIL: [string, unknown][] = [
  ['an operator', { $gt: '' }],
  ['a negation', { $ne: 'x' }],
  ['a nested list of operators', { $nor: [{}] }],
  ['code', { $where: 'sleep(9e9)' }],
  ['an object of its own prototype', JSON.parse('{"__proto__":{"x":1}}')],
  ['a list', ['pr-1-site', 'x']],
  ['a pattern', /(a+)+$/],
  ['nothing', null],
  ['a text of a megabyte', 'x'.repeat(1_048_576)],
];

const PROJECT = { repoId: 1, name: 'site', slug: 'site', fallbackSlug: 'site-1' };
const ENTRY = { actor: 'ana', action: 'destroy', subject: 'pr-1-site', detail: 'Asked.' };

const QUERIES: [string, (stores: Stores, evil: never) => Promise<unknown>][] = [
  ['environments.get', ({ environments }, evil) => environments.get(evil)],
  ['environments.bySlug', ({ environments }, evil) => environments.bySlug(evil)],
  ['environments.ofPullRequest', ({ environments }, evil) => environments.ofPullRequest(1, evil)],
  ['environments.list repository', ({ environments }, evil) => list(environments, { repository: evil })],
  ['environments.list status', ({ environments }, evil) => list(environments, { status: evil })],
  ['environments.list project', ({ environments }, evil) => list(environments, { projectId: evil })],
  ['environments.list cursor', ({ environments }, evil) => environments.list({}, { limit: 1, cursor: evil })],
  ['environments.countActive', ({ environments }, evil) => environments.countActive(evil)],
  ['environments.deleteOfProject', ({ environments }, evil) => environments.deleteOfProject(evil)],
  ['environments.markDue', ({ environments }, evil) => environments.markDue(evil, 'report')],
  ['deployments.get', ({ deployments }, evil) => deployments.get(evil)],
  ['deployments.listOf', ({ deployments }, evil) => deployments.listOf(evil, { limit: 1 })],
  ['deployments.bySha7', ({ deployments }, evil) => deployments.bySha7('e', evil)],
  ['deployments.newestBySha7', ({ deployments }, evil) => deployments.newestBySha7('e', evil)],
  ['deployments.unsettledOfRun', ({ deployments }, evil) => deployments.unsettledOfRun(1, evil)],
  ['deployments.unclaimedOf', ({ deployments }, evil) => deployments.unclaimedOf(1, evil)],
  ['logs.chunksFrom', ({ logs }, evil) => logs.chunksFrom(evil, 1, 1)],
  ['logs.startOf', ({ logs }, evil) => logs.startOf(evil, 1)],
  ['logWords.find', ({ logWords }, evil) => logWords.find(evil, ['word'], 1)],
  ['logWords.find word', ({ logWords }, evil) => logWords.find('p', [evil], 1)],
  ['containers.listOf', ({ containers }, evil) => containers.listOf(evil, { limit: 1 })],
  ['healthChecks.listOf', ({ healthChecks }, evil) => healthChecks.listOf(evil, { limit: 1 })],
  ['logs.deleteOf', ({ logs }, evil) => logs.deleteOf([evil])],
  ['projects.get', ({ projects }, evil) => projects.get(evil)],
  ['projects.list', ({ projects }, evil) => projects.list({ repoId: evil }, { limit: 1 })],
  ['projects.list ids', ({ projects }, evil) => projects.list({ ids: [evil] }, { limit: 1 })],
  ['projects.list cursor', ({ projects }, evil) => projects.list({}, { limit: 1, cursor: evil })],
  [
    'projects.change name',
    async ({ projects }, evil) => projects.change(await projects.ensure(PROJECT), { name: evil }),
  ],
  ['repos.list', ({ repos }, evil) => repos.list({ ids: [evil] }, { limit: 1 })],
  ['deployments.countRunning', ({ deployments }, evil) => deployments.countRunning(evil, 1)],
  ['deployments.markDeleted', ({ deployments }, evil) => deployments.markDeleted(evil)],
  ['projects.delete', ({ projects }, evil) => projects.delete(evil)],
  ['projects.ensure slug', ({ projects }, evil) => projects.ensure({ ...PROJECT, slug: evil })],
  ['projects.ensure other slug', ({ projects }, evil) => projects.ensure({ ...PROJECT, fallbackSlug: evil })],
  ['audit.record actor', ({ audit }, evil) => audit.record({ ...ENTRY, actor: evil })],
  ['audit.record action', ({ audit }, evil) => audit.record({ ...ENTRY, action: evil })],
  ['audit.record subject', ({ audit }, evil) => audit.record({ ...ENTRY, subject: evil })],
  ['audit.record detail', ({ audit }, evil) => audit.record({ ...ENTRY, detail: evil })],
  ['repos.get', ({ repos }, evil) => repos.get(evil)],
  ['repos.byFullName', ({ repos }, evil) => repos.byFullName(evil)],
  ['users.byGitHubId', ({ users }, evil) => users.byGitHubId(evil)],
  ['users.byLogin', ({ users }, evil) => users.byLogin(evil)],
  ['users.get', ({ users }, evil) => users.get(evil)],
  ['users.byProvenEmail', ({ users }, evil) => users.byProvenEmail(evil)],
  ['users.byAccount google', ({ users }, evil) => users.byAccount({ provider: 'google', id: evil })],
  ['users.change', ({ users }, evil) => users.change(evil, { name: 'x' })],
  ['users.disconnect', ({ users }, evil) => users.disconnect({ id: evil } as never, 'google')],
  ['sessions.byHash', ({ sessions }, evil) => sessions.byHash(evil)],
  ['sessions.ofUser', ({ sessions }, evil) => sessions.ofUser(evil, { limit: 1 })],
  ['sessions.end', ({ sessions }, evil) => sessions.end('u', evil)],
  ['sessions.endAll', ({ sessions }, evil) => sessions.endAll(evil)],
  ['connections.get', ({ connections }, evil) => connections.get(evil)],
  ['connections.removeOfAccount', ({ connections }, evil) => connections.removeOfAccount(evil)],
  ['members.roleOf', ({ members }, evil) => members.roleOf('p', evil)],
  ['members.ofProject', ({ members }, evil) => members.ofProject(evil, { limit: 1 })],
  [
    'requestRates.add',
    ({ requestRates }, evil) => requestRates.add(evil, { count: 1, expiresAt: new Date() }),
  ],
  ['tokens.ofUser', ({ tokens }, evil) => tokens.ofUser(evil, { limit: 1 })],
  ['tokens.revoke', ({ tokens }, evil) => tokens.revoke('u', evil)],
  ['tokens.find', ({ tokens }, evil) => tokens.find(evil, new Date())],
  ['tokens.useOnce', ({ tokens }, evil) => tokens.useOnce(evil, new Date())],
  ['inbox.list status', ({ inbox }, evil) => inbox.list({ status: evil }, { limit: 1 })],
  ['inbox.list repository', ({ inbox }, evil) => inbox.list({ repoId: evil }, { limit: 1 })],
  ['repos.ofInstallation', ({ repos }, evil) => repos.ofInstallation(evil)],
  ['artifacts.findByRoot', ({ artifacts }, evil) => artifacts.findByRoot({ projectId: 'p', root: evil })],
];

test.each(QUERIES)('%s takes plain values only, and matches nothing else', async (_name, query) => {
  const stores = await create();
  await stores.environments.ensure(newEnvironment());
  await stores.deployments.ensure(newDeployment());
  for (const [, evil] of EVIL) {
    await expect(query(stores, evil as never)).rejects.toMatchObject({ code: 'bad_request' });
  }
});

test.each([0, -1, Number.NaN, 1.5, Number.POSITIVE_INFINITY, '5', { $gt: 0 }])(
  'a list refuses the limit %p',
  async (limit) => {
    const { environments } = await create();
    const answer = environments.list({}, { limit: limit as number });
    await expect(answer).rejects.toMatchObject({ code: 'bad_request' });
  },
);

test('a list refuses a filter it does not know, instead of matching everything', async () => {
  const { environments, inbox } = await create();
  const filter = { nobody: 'x' } as object;
  await expect(list(environments, filter)).rejects.toMatchObject({ code: 'bad_request' });
  await expect(inbox.list(filter, { limit: 1 })).rejects.toMatchObject({ code: 'bad_request' });
});

test('a change refuses fields that no environment has', async () => {
  const { environments } = await create();
  const seen = await environments.ensure(newEnvironment());
  const patch = { isAdmin: true } as object;
  await expect(environments.change(seen, { patch, due: [] })).rejects.toMatchObject({ code: 'bad_request' });
  expect(await environments.get(seen.id)).toEqual(seen);
});

function list(environments: Stores['environments'], filter: object): Promise<unknown> {
  return environments.list(filter, { limit: 1 });
}
