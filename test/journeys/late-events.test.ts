import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Stores } from '../../app/ports.js';
import { destroyEnvironment } from '../../src/environments/destroy.js';
import { observePullRequest } from '../../src/observations/observe.js';
import type { GitHub } from '../../src/repositories/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { aroundCalls } from '../support/around-calls.js';
import { secondsApart } from '../support/clock.js';
import { expectConverged } from '../support/expect-converged.js';
import { lookAt } from '../support/look-at.js';
import { AUTHOR, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const at = (number: number) => ({ repository: REPOSITORY, number });
const world = (options: Parameters<typeof startWorld>[0] = {}) =>
  startWorld({ github: { clock: secondsApart() }, ...options });

async function send(
  to: World,
  ...events: readonly { delivery: Parameters<World['github']['webhooks']['send']>[0] }[]
) {
  for (const { delivery } of events) {
    await to.github.webhooks.send(delivery);
    await to.app.drain();
  }
}

const decided = async ({ app }: World) =>
  (await app.ports.inbox.list({}, { limit: 9 })).items[0]?.decision?.rule;

test('an event that waits for GitHub while a newer one is handled changes nothing any more', async () => {
  await using here = await world();
  here.github.webhooks.hold();
  const opened = await here.github.openPullRequest({ repository: REPOSITORY, head: 'slow' });
  const { number } = opened.pullRequest;
  const closed = here.github.closePullRequest(at(number));
  const { ports } = here.app;
  const installationId = here.github.installationId('acme') ?? 0;
  const ref = { installationId, repoId: here.repoId(), fullName: REPOSITORY };
  const now = await ports.github.pullRequest(ref, number);
  if (!now) throw new Error('GitHub should know the pull request.');
  const before = new Date(now.updatedAt.getTime() - 1_000);
  const whileOpen = { ...now, state: 'open', updatedAt: before } as const;
  const interruption = { method: 'permission', when: 'before' } as const;
  const github: GitHub = aroundCalls(ports.github, { interruption, act: () => send(here, closed) });
  const repo = { ...ref, id: ref.repoId, ownerId: 1, defaultBranch: 'main', private: false };
  const sender = { id: 1, login: AUTHOR };
  const late = await observePullRequest(
    { ...ports, github },
    { action: 'opened', repo, facts: whileOpen, sender },
  );
  expect(late.rule).toBe('stale-event');
  const { environment, deployments } = await expectConverged(here, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(deployments).toEqual([]);
});

test('an event of a repository that the App just lost brings nothing back', async () => {
  await using here = await world();
  const { number } = (await here.github.openPullRequest({ repository: REPOSITORY, head: 'gone' }))
    .pullRequest;
  await here.drain();
  here.github.webhooks.hold();
  const edited = here.github.editPullRequest({ ...at(number), title: 'Too late' });
  const pushed = await here.github.push({ repository: REPOSITORY, branch: 'gone' });
  const deleted = here.github.changeInstallation({ account: 'acme', action: 'deleted' });
  await send(here, { delivery: deleted }, edited, ...pushed.pullRequests);
  expect(await decided(here)).toBe('not-installed');
  const { environment } = await lookAt(here, number);
  expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.destroyed, installationId: null });
  expect((await here.app.ports.repos.get(here.repoId()))?.removedAt).not.toBeNull();
});

test('a pull request that is first heard of when it closes leaves nothing that counts as active', async () => {
  await using here = await world();
  here.github.webhooks.hold();
  const opened = await here.github.openPullRequest({ repository: REPOSITORY, head: 'brief' });
  const { number } = opened.pullRequest;
  await send(here, here.github.closePullRequest(at(number)));
  expect(await decided(here)).toBe('closed-already');
  const active = await here.app.ports.environments.list({ activeOnly: true }, { limit: 9 });
  expect(active.items).toEqual([]);
  await send(here, opened);
  expect(await decided(here)).toBe('stale-event');
  expect((await expectConverged(here, number)).deployments).toEqual([]);
  await send(here, here.github.reopenPullRequest(at(number)));
  expect((await expectConverged(here, number)).deployments.map(({ status }) => status)).toEqual([
    DEPLOYMENT_STATUS.queued,
  ]);
});

test('a draft that is closed without ever having had a preview is not active any more', async () => {
  await using here = await world();
  const opened = await here.github.openPullRequest({ repository: REPOSITORY, head: 'draft', draft: true });
  const { number } = opened.pullRequest;
  await here.drain();
  here.github.closePullRequest(at(number));
  await here.drain();
  expect((await expectConverged(here, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(await here.reviewer.comments(number)).toEqual([]);
});

test('an event replayed under another GUID brings back neither what was closed nor what was taken down by hand', async () => {
  await using here = await world();
  const opened = await here.github.openPullRequest({ repository: REPOSITORY, head: 'replayed' });
  const { number } = opened.pullRequest;
  await here.drain();
  const replay = () => here.github.webhooks.send(opened.delivery, { guids: [randomUUID()] });
  const { environment } = await lookAt(here, number);
  const asked = { environmentId: environment.id, actor: 'ops', rule: 'asked', detail: 'Not now.' } as const;
  await destroyEnvironment(here.app.ports, asked);
  await here.drain();
  await replay();
  await here.drain();
  expect((await lookAt(here, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);

  here.github.closePullRequest(at(number));
  await here.drain();
  await replay();
  await here.drain();
  expect((await lookAt(here, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
});

test('what was taken down by hand stays down when two events of one second must be sorted out', async () => {
  const second = Date.now();
  await using here = await world({ github: { clock: () => second } });
  const { number } = (await here.github.openPullRequest({ repository: REPOSITORY, head: 'tie' })).pullRequest;
  await here.drain();
  const { environment } = await lookAt(here, number);
  const asked = { environmentId: environment.id, actor: 'ops', rule: 'asked', detail: 'Not now.' } as const;
  await destroyEnvironment(here.app.ports, asked);
  await here.drain();
  here.github.editPullRequest({ ...at(number), title: 'In the same second' });
  await here.drain();
  expect((await lookAt(here, number)).environment).toMatchObject({
    status: ENVIRONMENT_STATUS.destroyed,
    pullRequest: { title: 'In the same second' },
  });
});

test('one that loses the race for a document decides again for what it finds, and tells what it did', async () => {
  let act: () => Promise<void> = async () => undefined;
  const interruption = { method: 'change', when: 'before' } as const;
  const stores = (all: Stores): Stores => ({
    ...all,
    environments: aroundCalls(all.environments, { interruption, act: () => act() }),
  });
  await using here = await world({ overrides: { around: { stores } } });
  here.github.webhooks.hold();
  const opened = await here.github.openPullRequest({ repository: REPOSITORY, head: 'raced' });
  const { number } = opened.pullRequest;
  act = async () => {
    const [environment] = (await here.app.ports.environments.list({}, { limit: 1 })).items;
    if (!environment) throw new Error('There should be an environment.');
    await here.app.ports.environments.change(environment, {
      patch: { notes: [{ kind: 'settings', text: 'first' }] },
      due: [],
    });
  };
  here.github.forgetRequests();
  await send(here, opened);
  expect(await decided(here)).toBe('opened');
  expect((await expectConverged(here, number)).deployments).toHaveLength(1);
  // Nothing was asked of GitHub twice: what was read stands.
  expect(here.github.requests({ method: 'GET', path: /\/permission$/ })).toHaveLength(1);
});
