import { CHECK, CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { eventually, expectThat } from '../expect.js';
import { runWorkflow } from '../run-workflow.js';
import { REPOSITORY, AUTHOR, type Stage } from '../stage.js';
import { visit } from '../visit.js';
import type { Live, Note } from './live.js';

/** The row of the verifying stage in the check's table: done, with its time. */
const VERIFIED = /^\| Verifying \|.* Done \| \d/m;
const TEXT = 'Hello world';

/** Opens a pull request, runs its workflow and checks that the preview is live. */
export async function openPullRequest(
  stage: Stage,
  { branch, note }: { branch: string; note: Note },
): Promise<Live> {
  const { github, reviewer, teller } = stage;
  const page = stage.github.filesAt(REPOSITORY, 'main')['site/index.html'] ?? '';
  const opened = await teller.step('Octavia opens a pull request', () =>
    github.openPullRequest({
      repository: REPOSITORY,
      author: AUTHOR,
      title: 'Greet the world',
      head: branch,
      files: { 'site/index.html': page.replace('from a pull request', 'world') },
    }),
  );
  const { number, head } = opened.pullRequest;
  const { sha } = head;
  note({ number, branch, sha });
  await teller.step('Vitrine adds a check and a comment before the build starts', async () => {
    await eventually(() => reviewer.checks(sha), {
      until: (checks) => checks.length === 1 && checks[0]?.status !== CHECK.completed,
      otherwise: 'There should be one open check "Preview".',
    });
    await eventually(() => reviewer.comments(number), {
      until: (comments) => comments.length === 1,
      otherwise: 'There should be one comment.',
    });
  });
  const run = await teller.step('The Action builds, uploads and verifies the preview, as in CI', () =>
    runWorkflow(stage, { number }),
  );
  expectThat(run.exitCode === 0, `The Action failed:\n${run.log.slice(-3_000)}`);
  const url = run.outputs['preview-url'] ?? '';
  const commitUrl = run.outputs['commit-url'] ?? '';
  const pull: Live = { number, branch, sha, live: { url, commitUrl, text: TEXT } };
  await teller.step(`The preview is live at ${url}`, () => isLive(stage, pull));
  return pull;
}

/** The preview answers, the check is green, the deployment is successful and the comment links the preview. */
export async function isLive({ reviewer }: Stage, { number, sha, live }: Live): Promise<void> {
  const { url, text } = live;
  const page = await visit(url);
  expectThat(
    page.status === 200 && page.body.includes(text),
    `${url} should show "${text}", but answered ${page.status}.`,
  );
  await eventually(() => reviewer.checks(sha), {
    until: ([check, ...others]) =>
      others.length === 0 &&
      check?.conclusion === CONCLUSION.success &&
      VERIFIED.test(check.output.summary ?? ''),
    otherwise: 'The check should be green, and say that the preview was visited.',
  });
  await eventually(() => reviewer.comments(number), {
    until: ([comment, ...others]) => others.length === 0 && comment?.body.includes(url) === true,
    otherwise: 'The one comment should link the preview.',
  });
  await eventually(() => reviewer.deployments(), {
    until: (all) =>
      all.some((one) => one.sha === sha && one.state === DEPLOYMENT_STATE.success && one.url === url),
    otherwise: "GitHub's deployment should be successful and link the preview.",
  });
}
