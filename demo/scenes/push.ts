import { DEPLOYMENT_STATE } from '../../src/domain/lifecycle.js';
import { eventually, expectThat } from '../expect.js';
import { runWorkflow } from '../run-workflow.js';
import { REPOSITORY, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import type { Live } from './live.js';
import { isLive } from './open.js';

/** A second commit: the same address shows the new version, the first commit keeps its own. */
export async function pushCommit(
  stage: Stage,
  { before, text }: { before: Live; text: string },
): Promise<Live> {
  const { github, reviewer, teller } = stage;
  const { number, branch } = before;
  const pushed = await teller.step('She pushes a second commit', () =>
    github.push({
      repository: REPOSITORY,
      branch,
      files: { 'site/index.html': `<h1>${text}</h1>\n<p>Updated.</p>\n` },
    }),
  );
  const run = await teller.step('The Action sends only what changed', () => runWorkflow(stage, { number }));
  expectThat(run.exitCode === 0, `The Action failed:\n${run.log.slice(-3_000)}`);
  const live: Live = { ...before, sha: pushed.sha, commitUrl: run.outputs['commit-url'] ?? '' };
  await teller.step('The same address shows the new version', () => isLive(stage, live, text));
  await teller.step('The first commit still answers at its own address', async () => {
    const old = await visit(before.commitUrl);
    expectThat(
      old.status === 200 && !old.body.includes(text),
      `${before.commitUrl} should still show the first commit.`,
    );
  });
  await teller.step('GitHub shows the first deployment as inactive', () =>
    eventually(() => reviewer.deployments(), {
      until: (all) => all.filter(({ state }) => state === DEPLOYMENT_STATE.success).length === 1,
      otherwise: 'Only the newest deployment should be active.',
    }),
  );
  return live;
}
