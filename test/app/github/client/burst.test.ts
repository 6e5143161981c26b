import { expect, test } from '@jest/globals';
import { createPace } from '../../../../app/github/client/pacing.js';
import { SCENES, checkOf, commentOf } from '../report/scenes.js';
import { REPOSITORY, startStage } from '../stage.js';

const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;

test('ten pull requests that open at once have a check and a comment each after one call each, without a pause', async () => {
  await using stage = await disposable();
  const pulls = [{ number: stage.number, sha: stage.sha }];
  for (let count = 1; count < 10; count += 1) {
    const { pullRequest } = await stage.emulated.openPullRequest({
      repository: REPOSITORY,
      head: `branch-${count}`,
    });
    pulls.push({ number: pullRequest.number, sha: pullRequest.head.sha });
  }
  await Promise.all(pulls.map(report));
  const sent = stage.emulated.requests().filter(({ path }) => !path.endsWith('/access_tokens'));
  expect(sent.map(({ method, status }) => [method, status])).toEqual(sent.map(() => ['POST', 201]));
  expect(sent).toHaveLength(20);

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
  // On a clock that stands still nothing more may be sent after a pause: who has to wait waits for ever.
  const now = new Date();
  const pace = createPace({ now: () => now });
  const stage = await startStage({ emulator: { limits: {}, validation: 'off' }, side: { pace } });
  return { ...stage, [Symbol.asyncDispose]: () => stage.close() };
}
