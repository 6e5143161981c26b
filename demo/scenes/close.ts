import { CHECK, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { eventually } from '../expect.js';
import { REPOSITORY, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import type { Note, Opened } from './live.js';

/** The pull request is closed: everything that was made for it is gone. */
export async function closePullRequest(
  stage: Stage,
  { pull, note }: { pull: Opened; note: Note },
): Promise<void> {
  const { github, reviewer, teller } = stage;
  const { number, live, sha } = pull;
  github.closePullRequest({ repository: REPOSITORY, number });
  note(undefined);
  await teller.step('She closes the pull request: the preview is gone', async () => {
    for (const address of live ? [live.url, live.commitUrl] : []) {
      await eventually(async () => (await visit(address)).status, {
        until: (status) => status === 410,
        otherwise: `${address} should be gone (410).`,
      });
    }
  });
  await teller.step('No deployment is active on GitHub, no check is open', async () => {
    await eventually(() => reviewer.deployments(), {
      until: (all) => all.every(({ state }) => state === DEPLOYMENT_STATE.inactive),
      otherwise: 'Every deployment should be inactive.',
    });
    await eventually(() => reviewer.checks(sha), {
      until: (checks) => checks.every(({ status }) => status === CHECK.completed),
      otherwise: 'Every check should be completed.',
    });
  });
  await teller.step('The one comment tells how it ended', () =>
    eventually(() => reviewer.comments(number), {
      until: (comments) => comments.length === 1 && /removed|destroyed|gone/i.test(comments[0]?.body ?? ''),
      otherwise: 'The comment should say that the preview is gone.',
    }),
  );
}
