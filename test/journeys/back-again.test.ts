import { expect, test } from '@jest/globals';
import { sweep } from '../../src/reconcile/sweep.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { pushSettings, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const ACCOUNT = 'acme';
type Change = Parameters<World['github']['changeInstallation']>[0];
const LISTED = { event: 'installation_repositories', repositories: [REPOSITORY] } as const;

async function change(world: World, action: Change['action'], rest: object = {}) {
  world.github.changeInstallation({ account: ACCOUNT, action, ...rest });
  await world.drain();
}

async function live(world: World, head: string) {
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head });
  await world.drain();
  const { number } = pullRequest;
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
  return { number, sha: pullRequest.head.sha };
}

async function sweepAndSettle(world: World) {
  const { healed } = await sweep(world.app.ports);
  await world.drain();
  return healed;
}

const stateOf = async (world: World, sha: string) =>
  (await world.reviewer.deployments()).find((one) => one.sha === sha)?.state;

test.each([
  ['suspend', 'unsuspend', {}],
  ['deleted', 'created', {}],
  ['removed', 'added', LISTED],
] as const)(
  '%s and %s: open pull requests get their preview back without a push, and GitHub no longer shows what is gone',
  async (leave, enter, rest) => {
    await using world = await startWorld();
    const open = await live(world, 'open');
    const closed = await live(world, 'closed');
    await change(world, leave, rest);
    world.github.webhooks.hold();
    world.github.closePullRequest({ repository: REPOSITORY, number: closed.number });
    world.github.changeInstallation({ account: ACCOUNT, action: enter, ...rest });
    // The closing itself is never heard of.
    const entered = world.github.webhooks.deliveries.at(-1);
    if (entered) await world.github.webhooks.send(entered);
    await world.drain();
    for (const { number, sha } of [open, closed]) {
      const [comment] = await world.reviewer.comments(number);
      expect(comment?.body).not.toMatch(/is ready/);
      expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.neutral);
      expect(await stateOf(world, sha)).toBe(DEPLOYMENT_STATE.inactive);
    }

    expect(await sweepAndSettle(world)).toBe(1);
    const { environment, deployments } = await lookAt(world, open.number);
    expect(environment).toMatchObject({ status: ENVIRONMENT_STATUS.pending, decision: { action: 'deploy' } });
    expect(deployments.map(({ status }) => status)).toEqual([
      DEPLOYMENT_STATUS.queued,
      DEPLOYMENT_STATUS.success,
    ]);
    expect((await world.reviewer.comments(open.number))[0]?.body).toMatch(/re-run it to build this one/);
    expect((await lookAt(world, closed.number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
    expect(await sweepAndSettle(world)).toBe(0);

    expect((await runPreview(world, { number: open.number })).exitCode).toBe(0);
    await world.drain();
    expect((await lookAt(world, open.number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
    expect(world.github.violations).toEqual([]);
  },
);

test('a project that left the settings while the App was away has its last word, and is not looked at with every sweep', async () => {
  const files = {
    'index.html': 'x',
    '.github/preview.yml': 'projects:\n  - name: one\n  - name: two\n',
  };
  await using world = await startWorld({ files, github: { clock: secondsApart() } });
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await world.drain();
  await change(world, 'removed', LISTED);
  await pushSettings(world, 'projects:\n  - name: one\n');
  await change(world, 'added', LISTED);
  expect(await sweepAndSettle(world)).toBe(1);
  const all = await world.app.ports.environments.ofPullRequest(world.repoId(), pullRequest.number);
  expect(Object.fromEntries(all.map(({ project, decision }) => [project, decision?.action]))).toEqual({
    one: 'deploy',
    two: 'destroy',
  });
  expect(all.find(({ project }) => project === 'two')?.decision?.rule).toBe('project-removed');
  expect(await sweepAndSettle(world)).toBe(0);
});

test('what was given to another account meanwhile does not come back with the one that wakes up', async () => {
  await using world = await startWorld();
  const { number } = await live(world, 'moved');
  await change(world, 'suspend');
  const repo = await world.app.ports.repos.get(world.repoId());
  if (!repo) throw new Error('The repository should be known.');
  await world.app.ports.repos.enter({ ...repo, installationId: 777 });
  await change(world, 'unsuspend');
  expect(await world.app.ports.repos.get(world.repoId())).toMatchObject({ installationId: 777 });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
});
