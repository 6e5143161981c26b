import { expect, test } from '@jest/globals';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, startWorld, type World } from '../support/start-world.js';

const FILES = { 'index.html': '<h1>Hello</h1>\n', '.github/preview.yml': 'limits:\n  deploys-per-hour: 1\n' };
const REASON = /already had 1 deployment in the last hour.*Re-run the workflow after \d\d:\d\d UTC/;

/** As if it had been started more than an hour ago. */
async function anHourLater(world: World, number: number): Promise<void> {
  const { deployments } = await lookAt(world, number);
  const startedAt = new Date(Date.now() - 61 * 60_000);
  for (const deployment of deployments) await world.app.ports.deployments.change(deployment, { startedAt });
}

test('beyond the deployments of an hour a run is refused, and the check says until when', async () => {
  await using world = await startWorld({ files: FILES });
  const first = await openPullRequest(world, { head: 'first' });
  expect((await runPreview(world, { number: first.number })).exitCode).toBe(0);

  const second = await openPullRequest(world, { head: 'second' });
  const refused = await runPreview(world, { number: second.number });
  expect([refused.exitCode, REASON.test(refused.log)]).toEqual([1, true]);
  await world.drain();
  const seen = await lookAt(world, second.number);
  expect(seen.deployments.map(({ status, startedAt }) => [status, startedAt])).toEqual([
    [DEPLOYMENT_STATUS.failed, null],
  ]);
  const [check] = await world.reviewer.checks(second.sha);
  expect(check?.conclusion).toBe(CONCLUSION.failure);
  // What keeps its text from being Markdown is not read.
  expect(check?.output.summary?.replace(/[\\\u200b]/g, '')).toMatch(REASON);

  await anHourLater(world, first.number);
  expect((await runPreview(world, { number: second.number })).exitCode).toBe(0);
  await world.drain();
  expect((await world.reviewer.checks(second.sha)).map(({ conclusion }) => conclusion)).toEqual([
    CONCLUSION.success,
  ]);
});

test('what is live stays when another run of its commit comes too soon', async () => {
  await using world = await startWorld({ files: FILES });
  const { number } = await openPullRequest(world, { head: 'again' });
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  const other = await runPreview(world, { number });
  expect([other.exitCode, REASON.test(other.log)]).toEqual([1, true]);
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  expect(deployments.map(({ status }) => status)).toEqual([DEPLOYMENT_STATUS.success]);
  expect(environment.current?.deploymentId).toBe(deployments[0]?.id);
});
