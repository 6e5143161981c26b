import { expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { startByHand } from '../support/run-by-hand.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const PERMISSION = /\/permission$/;
const MINUTES = 60_000;

const asked = (world: World) => world.github.requests({ method: 'GET', path: PERMISSION }).length;
const statusOf = async (world: World, number: number) => (await lookAt(world, number)).environment.status;

function worldAt(minutes: { passed: number } = { passed: 0 }) {
  const clock = { now: () => new Date(Date.now() + minutes.passed * MINUTES) };
  return startWorld({ github: { clock: secondsApart() }, overrides: { clock } });
}

test('what GitHub says of a person counts for five minutes, and no longer', async () => {
  const minutes = { passed: 0 };
  await using world = await worldAt(minutes);
  await openPullRequest(world);
  minutes.passed = 4;
  await openPullRequest(world, { head: 'second' });
  expect(asked(world)).toBe(1);
  minutes.passed = 6;
  await openPullRequest(world, { head: 'third' });
  expect(asked(world)).toBe(2);
});

const ORGANIZATION = { login: 'acme', id: 9_000, node_id: 'O_1' };

test.each([
  ['a collaborator', { repositories: 'one' }],
  ['the teams or members of the organization', { repositories: 'all' }],
])('an event about %s makes the App ask again', async (_what, { repositories }) => {
  await using world = await worldAt();
  await openPullRequest(world);
  const installationId = world.github.installationId(ORGANIZATION.login) ?? 0;
  const where = repositories === 'one' ? { id: world.repoId() } : { installationId };
  await world.app.ports.repos.forgetPermissions(where);
  await openPullRequest(world, { head: 'second' });
  expect(asked(world)).toBe(2);
});

test('an answer that was asked for before such an event is not kept after it', async () => {
  await using world = await worldAt();
  await openPullRequest(world);
  const { repos } = world.app.ports;
  const seen = await repos.get(world.repoId());
  if (!seen) throw new Error('The repository should be known.');
  await repos.forgetPermissions({ id: seen.id });
  await repos.keep(seen, { permissions: [{ login: 'ghost', level: 'admin', at: new Date() }] });
  expect((await repos.get(seen.id))?.kept?.permissions).toEqual([]);
});

test('the owner of a personal repository may write there: GitHub is not asked', async () => {
  const repositories = [{ fullName: 'octavia/own', files: { 'index.html': 'Hello' } }];
  await using world = await startWorld({ github: { clock: secondsApart(), repositories } });
  await world.github.openPullRequest({ repository: 'octavia/own', head: 'change' });
  await world.drain();
  expect(await statusOf(world, 1)).toBe(ENVIRONMENT_STATUS.pending);
  expect((await lookAt(world, 1)).deployments).toMatchObject([{ status: DEPLOYMENT_STATUS.queued }]);
  expect(asked(world)).toBe(0);
});

test('a person of whom GitHub once did not say what they may do is asked for by the next sweep', async () => {
  await using world = await worldAt();
  world.github.fail({ kind: 'status', path: PERMISSION, status: 404 });
  const { number } = await openPullRequest(world);
  expect(await statusOf(world, number)).toBe(ENVIRONMENT_STATUS.awaitingApproval);
  await sweep(world.app.ports);
  await world.drain();
  expect((await lookAt(world, number)).deployments).toMatchObject([{ status: DEPLOYMENT_STATUS.queued }]);
});

test('the start of a run asks for such a person too, and the run goes on', async () => {
  await using world = await worldAt();
  world.github.fail({ kind: 'status', path: PERMISSION, status: 404 });
  const { number, sha } = await openPullRequest(world);
  expect(await startByHand(world, { number, sha })).toMatchObject({ proceed: true });
});

test('as long as GitHub does not say it, a run is told to ask again, and after a while that it waits for approval', async () => {
  const minutes = { passed: 0 };
  await using world = await worldAt(minutes);
  world.github.fail({ kind: 'status', path: PERMISSION, status: 404, times: 3 });
  const { number, sha } = await openPullRequest(world);
  await expect(startByHand(world, { number, sha })).rejects.toMatchObject({ code: 'unavailable' });
  minutes.passed = 4;
  expect(await startByHand(world, { number, sha })).toMatchObject({ proceed: false });
  expect(await startByHand(world, { number, sha })).toMatchObject({ proceed: true });
});

test('a refused token is no denial: the webhook is tried again', async () => {
  await using world = await worldAt();
  world.github.fail({ kind: 'status', path: PERMISSION, status: 401, times: 6 });
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await eventually(() => world.app.ports.environments.ofPullRequest(world.repoId(), pullRequest.number), {
    until: ([environment]) => environment?.decision?.rule === 'opened',
    otherwise: 'The pull request should be decided once GitHub takes tokens again.',
  });
});

test('two refused tokens in a row hold a report back for moments, not for minutes', async () => {
  await using world = await worldAt();
  world.github.fail({ kind: 'status', method: 'POST', path: /\/check-runs$/, status: 401, times: 2 });
  const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'change' });
  await eventually(() => world.reviewer.checks(pullRequest.head.sha), {
    until: (checks) => checks.length === 1,
    otherwise: 'The check should be sent again soon.',
  });
});
