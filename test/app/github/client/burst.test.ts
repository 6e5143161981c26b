import { expect, test } from '@jest/globals';
import { allowed } from '../../../support/allowed.js';
import { SCENES, checkOf, commentOf } from '../report/scenes.js';
import { REPOSITORY, startStage } from '../stage.js';

const SERVICE_MS = 60;
const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;

/** P16 of the design: GitHub answers every call in 60 ms and enforces its own limits. */
test('a comment is there after one call, and the last of ten pull requests within three seconds', async () => {
  await using stage = await disposable();
  const pulls = [{ number: stage.number, sha: stage.sha }];
  for (let count = 1; count < 10; count += 1) {
    const { pullRequest } = await stage.emulated.openPullRequest({
      repository: REPOSITORY,
      head: `branch-${count}`,
    });
    pulls.push({ number: pullRequest.number, sha: pullRequest.head.sha });
  }
  await stage.reporter.comment(stage.repo, { ...commentOf(scene), number: stage.number }, null);
  stage.emulated.fail({ path: /./, kind: 'latency', ms: SERVICE_MS, times: 10_000 });

  const alone = performance.now();
  await report(pulls[0]);
  expect(performance.now() - alone).toBeLessThan(allowed(3 * SERVICE_MS));

  const burst = performance.now();
  await Promise.all(pulls.slice(1).map(report));
  expect(performance.now() - burst).toBeLessThan(allowed(3_000));
  expect(stage.emulated.requests().filter(({ status }) => status === 403 || status === 429)).toEqual([]);

  async function report(pull: { number: number; sha: string } | undefined): Promise<void> {
    if (!pull) return;
    const { environment } = scene;
    const check = checkOf(
      { ...scene, environment: { ...environment, head: null } },
      { sha: pull.sha, status: 'queued' },
    );
    await Promise.all([
      stage.reporter.check(stage.repo, check, null),
      stage.reporter.comment(stage.repo, { ...commentOf(scene), number: pull.number }, null),
    ]);
  }
});

async function disposable() {
  const stage = await startStage({ emulator: { limits: {}, validation: 'off' } });
  return { ...stage, [Symbol.asyncDispose]: () => stage.close() };
}
