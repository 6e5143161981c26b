import { expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import type { Delivery } from '../../demo/github/webhooks/delivery.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { begin, end, startByHand } from '../support/run-by-hand.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const FILE = '.github/preview.yml';
const CONTENTS = /\/contents/;
const ON_REQUEST = 'triggers:\n  mode: label\n';
const page = (settings?: string) => ({
  'index.html': '<h1>Hello</h1>\n',
  ...(settings === undefined ? {} : { [FILE]: settings }),
});

const worldWith = (settings?: string) =>
  startWorld({ files: page(settings), github: { clock: secondsApart() } });

const setPolicy = (world: World, settings: string) =>
  world.github.push({ repository: REPOSITORY, branch: 'main', files: { [FILE]: settings } });

const ruleOf = async (world: World, number: number) =>
  (await lookAt(world, number)).environment.decision?.rule;

const asked = (world: World) => world.github.requests({ method: 'GET' }).map(({ path }) => path);

test('from the second pull request on, nothing is asked of GitHub before check and comment are sent', async () => {
  await using world = await worldWith(ON_REQUEST);
  await openPullRequest(world, { labels: ['preview'] });
  world.github.forgetRequests();
  const { number } = await openPullRequest(world, { head: 'second', labels: ['preview'] });
  expect(await ruleOf(world, number)).toBe('opened');
  // In this test GitHub's clock is a day late, so its tokens count as old.
  const sent = world.github.requests().filter(({ path }) => !path.endsWith('access_tokens'));
  expect(sent.map(({ method, path }) => `${method} ${String(path.split('/').at(-1))}`).sort()).toEqual([
    'POST check-runs',
    'POST comments',
  ]);
});

test('a push to the default branch tells the new policy, which the next pull request is decided by', async () => {
  await using world = await worldWith();
  await openPullRequest(world);
  await setPolicy(world, ON_REQUEST);
  await world.drain();
  world.github.forgetRequests();
  const { number } = await openPullRequest(world, { head: 'second' });
  expect(await ruleOf(world, number)).toBe('label-missing');
  expect(asked(world)).toEqual([]);
});

test('pushes to the default branch that are heard of in any order end with the newest policy', async () => {
  for (const order of [
    [2, 1, 0],
    [2, 0, 1, 1],
  ]) {
    await using world = await worldWith('triggers:\n  drafts: true\n');
    await openPullRequest(world);
    world.github.webhooks.hold();
    const pushes: Delivery[] = [];
    for (const settings of ['', 'limits:\n  environments: 3\n', ON_REQUEST])
      pushes.push((await setPolicy(world, settings)).push);
    for (const position of order) {
      const delivery = pushes[position];
      if (delivery) await world.github.webhooks.send(delivery);
      await world.app.drain();
    }
    const kept = (await world.app.ports.repos.get(world.repoId()))?.kept?.policy;
    expect(kept).toMatchObject({ file: ON_REQUEST, stale: false });
  }
});

test('a policy whose push was lost is read before anything is built, and decides', async () => {
  await using world = await worldWith();
  const { number, sha } = await openPullRequest(world);
  world.github.webhooks.hold();
  await setPolicy(world, ON_REQUEST);
  expect(await startByHand(world, { number, sha })).toMatchObject({
    proceed: false,
    decision: { action: 'skip', rule: 'label-missing' },
  });
  await world.app.drain();
  const { environment, deployments } = await lookAt(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.pending);
  expect(deployments.map(({ status }) => status)).toEqual([DEPLOYMENT_STATUS.superseded]);
  await world.github.webhooks.release();
  world.github.labelPullRequest({ repository: REPOSITORY, number, label: 'preview' });
  await world.drain();
  const run = await begin(world, { number, sha });
  await end(world, run, { status: DEPLOYMENT_STATUS.success, url: 'https://shown.example/' });
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
});

test.each([
  ['paths that leave it out', 'triggers:\n  paths:\n    include: [docs/**]\n', 'paths'],
  ['a mistake', 'triggers: 7\n', 'settings-invalid'],
])('a lost push of a policy with %s is never answered with a deployment', async (_what, settings, rule) => {
  await using world = await worldWith();
  const { number, sha } = await openPullRequest(world);
  world.github.webhooks.hold();
  await setPolicy(world, settings);
  expect(await startByHand(world, { number, sha })).toMatchObject({ proceed: false, decision: { rule } });
});

test('at the start of a run an unchanged policy is read once more, and the deployment goes on', async () => {
  await using world = await worldWith(ON_REQUEST);
  const { number, sha } = await openPullRequest(world, { labels: ['preview'] });
  world.github.forgetRequests();
  await begin(world, { number, sha });
  expect(world.github.requests({ path: /preview\.yml$/ })).toHaveLength(2);
  expect(await ruleOf(world, number)).toBe('opened');
});

test('while GitHub does not let the policy be read, a run waits instead of building by an old one', async () => {
  await using world = await worldWith(ON_REQUEST);
  const { number, sha } = await openPullRequest(world, { labels: ['preview'] });
  world.github.fail({ kind: 'status', method: 'GET', path: CONTENTS, status: 502, times: 99 });
  await expect(startByHand(world, { number, sha })).rejects.toMatchObject({ code: 'unavailable' });
  expect((await lookAt(world, number)).deployments).toMatchObject([
    { run: null, status: DEPLOYMENT_STATUS.queued },
  ]);
  world.github.stopFailing();
  await begin(world, { number, sha });
});

test('one answer "not found" at the first look does not deploy what the default branch forbids', async () => {
  await using world = await worldWith(ON_REQUEST);
  world.github.fail({ kind: 'status', method: 'GET', path: CONTENTS, status: 404 });
  const { number, sha } = await openPullRequest(world);
  expect(await startByHand(world, { number, sha })).toMatchObject({
    proceed: false,
    decision: { rule: 'label-missing' },
  });
});

test('where a policy is known, "not found" is asked again before it is believed', async () => {
  await using world = await worldWith(ON_REQUEST);
  await openPullRequest(world, { labels: ['preview'] });
  await world.app.ports.repos.doubtPolicy(world.repoId());
  world.github.fail({ kind: 'status', method: 'GET', path: CONTENTS, status: 404, times: 3 });
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'second' });
  await eventually(() => world.app.ports.environments.ofPullRequest(world.repoId(), pullRequest.number), {
    until: ([environment]) => environment?.decision?.rule === 'label-missing',
    otherwise: 'The pull request should be decided by the policy that is still there.',
  });
});

test('a policy that was deleted is believed to be gone, because the list of files shows it', async () => {
  await using world = await worldWith(ON_REQUEST);
  await openPullRequest(world, { labels: ['preview'] });
  await world.github.push({ repository: REPOSITORY, branch: 'main', files: { [FILE]: null } });
  await world.drain();
  const { number } = await openPullRequest(world, { head: 'second' });
  expect(await ruleOf(world, number)).toBe('opened');
});

test('the sweep hears of a policy whose push was lost', async () => {
  await using world = await worldWith();
  await openPullRequest(world);
  world.github.webhooks.hold();
  await setPolicy(world, ON_REQUEST);
  await sweep(world.app.ports);
  expect((await world.app.ports.repos.get(world.repoId()))?.kept?.policy?.file).toBe(ON_REQUEST);
});

test('what the file of the commit says of its build, and its mistakes, count from the start of its run', async () => {
  await using world = await worldWith();
  const mine = 'output: dist\ntarget: elsewhere\n';
  const { number, sha } = await openPullRequest(world, { files: { [FILE]: mine } });
  expect((await lookAt(world, number)).environment.notes).toEqual([]);
  const run = await begin(world, { number, sha });
  expect(run.plan.output).toBe('dist');
  expect(run.deployment.commitMessage).toMatch(/^Change change/);
  await world.drain();
  const [check] = await world.reviewer.checks(sha);
  expect(check?.output.summary).toMatch(/target is read from the default branch only/);
  world.github.editPullRequest({ repository: REPOSITORY, number, title: 'Another title' });
  await world.drain();
  const { environment } = await lookAt(world, number);
  expect(environment.settings?.build.output).toBe('dist');
  expect(environment.notes).toHaveLength(1);
});
