import { CONCLUSION } from '../../src/shared/status/github.js';
import { eventually, expectThat } from '../expect.js';
import { runWorkflow } from '../run-workflow.js';
import { REPOSITORY, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import type { Note, Opened } from './live.js';

const BROKEN = "throw new Error('The frame is missing: it was deleted');\n";

/** Pushes a commit whose build fails: the check turns red and shows the error, and the last good preview stays online. */
export async function breakBuild(
  stage: Stage,
  { before, note }: { before: Opened; note: Note },
): Promise<Opened> {
  const { github, reviewer, teller } = stage;
  const { number, branch, live } = before;
  const { sha } = await teller.step('Octavia pushes a commit whose build fails', () =>
    github.push({ repository: REPOSITORY, branch, message: 'Tidy up', files: { 'build.js': BROKEN } }),
  );
  const pull = { ...before, sha };
  note(pull);
  const run = await teller.step('The Action fails, and the workflow job with it', () =>
    runWorkflow(stage, { number }),
  );
  expectThat(
    run.exitCode === 1,
    `The Action should end with 1, but ended with ${run.exitCode}:\n${run.log.slice(-3_000)}`,
  );
  await teller.step('The check is red and shows the error from the build log', () =>
    eventually(() => reviewer.checks(sha), {
      until: ([check]) =>
        check?.conclusion === CONCLUSION.failure &&
        check.output.summary?.includes('The frame is missing') === true,
      otherwise: 'The check of the broken commit should be red and show the log.',
    }),
  );
  if (!live) return pull;
  await teller.step('The last good preview is still online', async () => {
    const page = await visit(live.url);
    expectThat(
      page.status === 200 && page.body.includes(live.text),
      `${live.url} should still show the last good version.`,
    );
  });
  return pull;
}
