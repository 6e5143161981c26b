import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { CHECK, CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { secondsApart } from '../support/clock.js';
import { lookAt } from '../support/look-at.js';
import { begin, end } from '../support/run-by-hand.js';
import { openPullRequest, AUTHOR, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const URL = 'http://elsewhere.example/';
const WORKS = { status: CHECK.inProgress, conclusion: null };
const WAITS = { status: CHECK.queued, conclusion: null };
const ended = (conclusion: string) => ({ status: CHECK.completed, conclusion });

/** The one that a reviewer sees, and that a rule of the branch asks about. */
async function shown({ reviewer }: World, sha: string) {
  const checks = await reviewer.checks(sha);
  expect(checks).toHaveLength(1);
  return checks[0];
}

const All = z.object({
  check_runs: z.array(z.object({ external_id: z.string(), conclusion: z.string().nullable() })),
});

/** Every check run that was ever made, the newest first. */
async function history({ github }: World, sha: string) {
  const url = `${github.url}/repos/${REPOSITORY}/commits/${sha}/check-runs?filter=all`;
  const answer = await fetch(url, { headers: { authorization: `token ${github.userToken(AUTHOR)}` } });
  return All.parse(await answer.json()).check_runs;
}

test('a re-run gets a check run of its own, and the one of the attempt that failed stays as it ended', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  await end(world, await begin(world, { number, sha }), { status: DEPLOYMENT_STATUS.failed });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(ended(CONCLUSION.failure));
  const again = await begin(world, { number, sha, attempt: 2 });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(WORKS);
  await end(world, again, { status: DEPLOYMENT_STATUS.success, url: URL });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(ended(CONCLUSION.success));
  const all = await history(world, sha);
  expect(all.map(({ conclusion }) => conclusion)).toEqual([CONCLUSION.success, CONCLUSION.failure]);
  expect(new Set(all.map(({ external_id }) => external_id)).size).toBe(2);
  expect(world.github.violations).toEqual([]);
});

test('however often one attempt says the same, it has one check run', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const run = await begin(world, { number, sha });
  await begin(world, { number, sha });
  await world.drain();
  await end(world, run, { status: DEPLOYMENT_STATUS.success, url: URL });
  await end(world, run, { status: DEPLOYMENT_STATUS.success, url: URL });
  await world.drain();
  world.github.rerequestCheckRun({ repository: REPOSITORY, id: (await shown(world, sha))?.id ?? 0 });
  await world.drain();
  expect(await history(world, sha)).toHaveLength(1);
});

test('a re-run that is over before anybody was told of it does not turn the failed check green', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  await end(world, await begin(world, { number, sha }), { status: DEPLOYMENT_STATUS.failed });
  await world.drain();
  world.github.fail({ kind: 'status', status: 502, path: /check-runs/, times: 1_000 });
  await end(world, await begin(world, { number, sha, attempt: 2 }), {
    status: DEPLOYMENT_STATUS.success,
    url: URL,
  });
  await world.drain();
  world.github.stopFailing();
  const { environment } = await lookAt(world, number);
  await world.app.ports.environments.markDue(environment.id, 'report');
  await world.drain();
  const all = await history(world, sha);
  expect(all.map(({ conclusion }) => conclusion)).toEqual([CONCLUSION.success, CONCLUSION.failure]);
});

test('a draft that becomes ready for review waits for its build: its green "no preview" counts no more', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number, sha } = await openPullRequest(world, { draft: true });
  expect(await shown(world, sha)).toMatchObject(ended(CONCLUSION.neutral));
  world.github.markReadyForReview({ repository: REPOSITORY, number });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(WAITS);
});

test('an approved commit asks for nothing more: its check waits for the build', async () => {
  const repositories = [
    { fullName: REPOSITORY, files: { 'index.html': 'x' }, collaborators: { reader: 'read' as const } },
  ];
  await using world = await startWorld({
    github: { users: [AUTHOR, 'reader'], repositories, clock: secondsApart() },
  });
  const { number, sha } = await openPullRequest(world, { author: 'reader' });
  expect(await shown(world, sha)).toMatchObject(ended(CONCLUSION.actionRequired));
  const label = { repository: REPOSITORY, number, label: 'preview:approved' };
  world.github.labelPullRequest({ ...label, sender: AUTHOR });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(WAITS);
});

test('a commit that waited for approval until its pull request was closed asks for nothing more, and had no preview', async () => {
  const repositories = [
    { fullName: REPOSITORY, files: { 'index.html': 'x' }, collaborators: { reader: 'read' as const } },
  ];
  await using world = await startWorld({ github: { users: [AUTHOR, 'reader'], repositories } });
  const { number, sha } = await openPullRequest(world, { author: 'reader' });
  expect(await shown(world, sha)).toMatchObject(ended(CONCLUSION.actionRequired));
  const [held] = await world.reviewer.comments(number);
  expect(held?.body).not.toMatch(/Every push updates/);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject({
    ...ended(CONCLUSION.neutral),
    output: { title: 'There was no preview' },
  });
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/There was no preview/);
  expect(comment?.body).not.toMatch(/destroyed|taken down|it used/i);
});

test('reopened at the same commit, the check waits again', async () => {
  await using world = await startWorld({ github: { clock: secondsApart() } });
  const { number, sha } = await openPullRequest(world);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(ended(CONCLUSION.neutral));
  world.github.reopenPullRequest({ repository: REPOSITORY, number });
  await world.drain();
  expect(await shown(world, sha)).toMatchObject(WAITS);
});

test('the check of a commit that went live stays green when a newer commit arrives', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  await end(world, await begin(world, { number, sha }), { status: DEPLOYMENT_STATUS.success, url: URL });
  await world.drain();
  const before = await shown(world, sha);
  await world.github.push({ repository: REPOSITORY, branch: 'change' });
  await world.drain();
  expect(await shown(world, sha)).toEqual(before);
});
