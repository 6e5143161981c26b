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

/** Pushes a commit: the preview URL shows the new version, the commit before keeps its own URL. */
export async function pushCommit(stage: Stage, { before, text, note }: Pushing): Promise<Live> {
  const { github, teller } = stage;
  const { number, branch } = before;
  const build = github.filesAt(REPOSITORY, 'main')['build.js'] ?? '';
  const pushed = await teller.step('Octavia pushes another commit', () =>
    github.push({
      repository: REPOSITORY,
      branch,
      message: `Say "${text}"`,
      // Restores the build script, which the commit before may have broken.
      files: {
        'site/index.html': `<h1>${text}</h1>\n<p>A new commit, at the same URL.</p>\n`,
        'build.js': build,
      },
    }),
  );
  note({ ...before, sha: pushed.sha });
  const run = await teller.step('The Action uploads only the changed files', () =>
    runWorkflow(stage, { number }),
  );
  expectThat(run.exitCode === 0, `The Action failed:\n${run.log.slice(-3_000)}`);
  const live = { url: run.outputs['preview-url'] ?? '', commitUrl: run.outputs['commit-url'] ?? '', text };
  const pull: Live = { number, branch, sha: pushed.sha, live };
  await teller.step('The same URL shows the new version', () => isLive(stage, pull));
  if (before.live) await replaces(stage, before.live);
  return pull;
}

/** The earlier commit keeps its own URL, and GitHub shows its deployment as inactive. */
async function replaces({ reviewer, teller }: Stage, { commitUrl, text }: Preview): Promise<void> {
  await teller.step('The earlier commit is still online at its own URL', async () => {
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
