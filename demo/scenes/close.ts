import { CHECK, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { eventually } from '../expect.js';
import { REPOSITORY, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import type { Note, Opened } from './live.js';

/** Closes the pull request: everything that was created for it is removed. */
export async function closePullRequest(
  stage: Stage,
  { pull, note }: { pull: Opened; note: Note },
): Promise<void> {
  const { github, reviewer, teller } = stage;
  const { number, live, sha } = pull;
  github.closePullRequest({ repository: REPOSITORY, number });
  note(undefined);
  await teller.step('Octavia closes the pull request, and the preview is removed', async () => {
    for (const address of live ? [live.url, live.commitUrl] : []) {
      await eventually(async () => (await visit(address)).status, {
        until: (status) => status === 410,
        otherwise: `${address} should be gone (410).`,
      });
    }
  });
  await teller.step('GitHub shows no active deployment and no open check', async () => {
    await eventually(() => reviewer.deployments(), {
      until: (all) => all.every(({ state }) => state === DEPLOYMENT_STATE.inactive),
      otherwise: 'Every deployment should be inactive.',
    });
    await eventually(() => reviewer.checks(sha), {
      until: (checks) => checks.every(({ status }) => status === CHECK.completed),
      otherwise: 'Every check should be completed.',
    });
  });
  const ending = live ? 'the preview was removed' : 'there was no preview';
  await teller.step(`The comment says that ${ending}`, () =>
    eventually(() => reviewer.comments(number), {
      until: ([comment, ...others]) =>
        others.length === 0 && comment?.body.toLowerCase().includes(ending) === true,
      otherwise: `The comment should say that ${ending}.`,
    }),
  );
}
