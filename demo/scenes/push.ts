import { DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { eventually, expectThat } from '../expect.js';
import { runWorkflow } from '../run-workflow.js';
import { REPOSITORY, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import type { Live, Note, Opened, Preview } from './live.js';
import { isLive } from './open.js';

export interface Pushing {
  readonly before: Opened;
  readonly text: string;
  readonly note: Note;
}

/** Another commit: the same address shows the new version, the commit before keeps its own. */
export async function pushCommit(stage: Stage, { before, text, note }: Pushing): Promise<Live> {
  const { github, teller } = stage;
  const { number, branch } = before;
  const build = github.filesAt(REPOSITORY, 'main')['build.js'] ?? '';
  const pushed = await teller.step('She pushes another commit', () =>
    github.push({
      repository: REPOSITORY,
      branch,
      message: `Say "${text}"`,
      // The build comes along: the commit before may have broken it.
      files: {
        'site/index.html': `<h1>${text}</h1>\n<p>A new commit, at the same address.</p>\n`,
        'build.js': build,
      },
    }),
  );
  note({ ...before, sha: pushed.sha });
  const run = await teller.step('The Action sends only what changed', () => runWorkflow(stage, { number }));
  expectThat(run.exitCode === 0, `The Action failed:\n${run.log.slice(-3_000)}`);
  const live = { url: run.outputs['preview-url'] ?? '', commitUrl: run.outputs['commit-url'] ?? '', text };
  const pull: Live = { number, branch, sha: pushed.sha, live };
  await teller.step('The same address shows the new version', () => isLive(stage, pull));
  if (before.live) await replaces(stage, before.live);
  return pull;
}

/** What was live before is still there for whoever looks for that very commit, and GitHub knows that it is not the newest. */
async function replaces({ reviewer, teller }: Stage, { commitUrl, text }: Preview): Promise<void> {
  await teller.step('The earlier commit still answers at an address of its own', async () => {
    const old = await visit(commitUrl);
    expectThat(old.status === 200 && old.body.includes(text), `${commitUrl} should still show "${text}".`);
  });
  await teller.step('GitHub shows the earlier deployment as inactive', () =>
    eventually(() => reviewer.deployments(), {
      until: (all) => all.filter(({ state }) => state === DEPLOYMENT_STATE.success).length === 1,
      otherwise: 'Only the newest deployment should be active.',
    }),
  );
}
