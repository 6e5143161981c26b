import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, startWorld } from '../support/start-world.js';

/** The reason first, and then much that does not matter. */
const BUILD =
  'echo "src/a.ts(1,7): error TS2304: Cannot find name \'frame\'."; for n in $(seq 60); do echo "usage $n"; done; exit 2';
const CAUSE = "src/a.ts(1,7): error TS2304: Cannot find name 'frame'.";

test('a failed build says its cause in the check, in the comment and on the page', async () => {
  await using world = await startWorld();
  const { number, sha } = await openPullRequest(world);
  const ran = await runPreview(world, { number, inputs: { 'build-command': BUILD } });
  expect(ran.exitCode).toBe(1);
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  expect(deployments[0]?.cause?.line).toBe(CAUSE);
  expect(environment.error).toBe(CAUSE);
  const [check] = await world.reviewer.checks(sha);
  expect(check?.output.title).toBe(`Failed while building: ${CAUSE}`);
  expect(check?.output.summary).toMatch(/\n```text\n[^`]*src\/a\.ts\(1,7\)[^`]*\n```\n/);
  expect(check?.output.summary).toMatch(/<details>\n<summary>Last lines of the log<\/summary>\n[^]*usage 60/);
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/^> src\/a\.ts.*error TS2304/m);
  const page = await visit(environment.url);
  expect(page.status).toBe(502);
  expect(page.body).toContain('src/a.ts(1,7): error TS2304: Cannot find name &#x27;frame&#x27;.');
});
