import type { CheckConclusion, CheckStatus } from '../../src/domain/lifecycle.js';
import { cutBytes } from '../../src/domain/markdown.js';
import { CHECKS_ASKED } from './asked.js';
import type { GitHub } from './github.js';

/** The App behind a workflow's own token. */
const ACTIONS_APP = 'github-actions';
/** https://docs.github.com/rest/checks/runs: more is refused. */
const SUMMARY_BYTES = 65_000;

export interface CheckState {
  readonly status: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly title: string;
  readonly summary: string;
  readonly detailsUrl: string;
}

export interface CheckTarget {
  readonly sha: string;
  readonly externalId: string;
}

export interface OpenedCheck {
  readonly id: number;
  /** The App is installed and reports on this commit itself. */
  readonly appReports: boolean;
}

/** Creates the check run of this run, or takes it up again. */
export async function openCheck(
  github: GitHub,
  { target, state }: { target: CheckTarget; state: CheckState },
): Promise<OpenedCheck> {
  const { octokit, at } = github;
  const runs = await octokit.paginate(octokit.rest.checks.listForRef, {
    ...at,
    ref: target.sha,
    ...CHECKS_ASKED,
  });
  const mine = runs.find((run) => run.external_id === target.externalId && run.app?.slug === ACTIONS_APP);
  if (mine) await writeCheck(github, { id: mine.id, state });
  const made =
    mine ??
    (
      await octokit.rest.checks.create({
        ...at,
        name: CHECKS_ASKED.check_name,
        head_sha: target.sha,
        external_id: target.externalId,
        ...body(state),
      })
    ).data;
  return { id: made.id, appReports: runs.some((run) => run.app?.id !== made.app?.id) };
}

export async function writeCheck(
  { octokit, at }: GitHub,
  { id, state }: { id: number; state: CheckState },
): Promise<void> {
  await octokit.rest.checks.update({ ...at, check_run_id: id, ...body(state) });
}

function body({ status, conclusion, title, summary, detailsUrl }: CheckState) {
  return {
    status,
    details_url: detailsUrl,
    output: { title, summary: cutBytes(summary, SUMMARY_BYTES) },
    ...(conclusion === null ? {} : { conclusion }),
  };
}
