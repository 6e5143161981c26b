import { expect, test } from '@jest/globals';
import { CHECK, CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, pushSettings, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const OFF = 'report:\n  check: false\n  comment: false\n  deployment: false\n';
const PAGE = { 'index.html': '<h1>Hello</h1>\n' };

async function push(world: World) {
  const { sha } = await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  return sha;
}

async function goLive(world: World, number: number) {
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
}

const states = async ({ reviewer }: World) => (await reviewer.deployments()).map(({ state }) => state);

test('reports that are switched off are not begun, and what GitHub shows already is kept true to its end', async () => {
  await using world = await startWorld({ files: PAGE });
  const { number, sha } = await openPullRequest(world);
  await goLive(world, number);
  await pushSettings(world, OFF);
  const second = await push(world);
  expect(await world.reviewer.checks(second)).toEqual([]);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.success);
  expect((await world.reviewer.comments(number))[0]?.body).toMatch(/waits for its build/);
  // The last good one is still up.
  expect(await states(world)).toEqual([DEPLOYMENT_STATE.success]);
  await goLive(world, number);
  expect(await states(world)).toEqual([DEPLOYMENT_STATE.inactive]);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  const [comment, ...more] = await world.reviewer.comments(number);
  expect(more).toEqual([]);
  expect(comment?.body).toMatch(/was removed/);
  expect(world.github.violations).toEqual([]);
});

test('a check that waits when checks are switched off is closed by the next commit, which gets none', async () => {
  await using world = await startWorld({ files: PAGE });
  const { sha } = await openPullRequest(world);
  expect((await world.reviewer.checks(sha))[0]?.status).toBe(CHECK.queued);
  await pushSettings(world, OFF);
  const second = await push(world);
  expect((await world.reviewer.checks(sha))[0]?.conclusion).toBe(CONCLUSION.cancelled);
  expect(await world.reviewer.checks(second)).toEqual([]);
});

test('with everything switched off from the start GitHub is told nothing, and closing is as silent', async () => {
  await using world = await startWorld({ files: { ...PAGE, '.github/preview.yml': OFF } });
  const { number } = await openPullRequest(world);
  await goLive(world, number);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.destroyed);
  expect(world.github.writes()).toBe(0);
});

test('where only deployments are told, the closing is told as well', async () => {
  const settings = 'report:\n  check: false\n  comment: false\n';
  await using world = await startWorld({ files: { ...PAGE, '.github/preview.yml': settings } });
  const { number } = await openPullRequest(world);
  await goLive(world, number);
  expect(await states(world)).toEqual([DEPLOYMENT_STATE.success]);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect(await states(world)).toEqual([DEPLOYMENT_STATE.inactive]);
});
