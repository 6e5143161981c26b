import { expect, test } from '@jest/globals';
import { SCENES, checkOf, commentOf } from '../report/scenes.js';
import { REPOSITORY, startStage } from '../stage.js';

const SERVICE_MS = 60;
const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;

/** GitHub enforces its own limits here. How long it takes is measured by `npm run bench -- visible`. */
test('a check and a comment take one call each, also of ten pull requests at once, and GitHub refuses none', async () => {
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

  stage.emulated.forgetRequests();
  await Promise.all(pulls.map(report));
  const calls = stage.emulated.requests().map(({ method, path }) => `${method} ${path}`);
  const expected = pulls.flatMap(({ number }) => [
    `POST /repos/${REPOSITORY}/issues/${number}/comments`,
    `POST /repos/${REPOSITORY}/check-runs`,
  ]);
  expect(calls.sort()).toEqual(expected.sort());
  expect(stage.emulated.requests().filter(({ status }) => status === 403 || status === 429)).toEqual([]);

  async function report(pull: { number: number; sha: string }): Promise<void> {
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
