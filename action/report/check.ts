import { cutBytes } from '../../src/shared/markdown.js';
import type { CheckConclusion, CheckStatus } from '../../src/shared/status/github.js';
import { CHECK_BESIDE_APP, CHECKS_ASKED } from './asked.js';
import type { GitHub } from './github.js';
import { isOfApp, listChecks, type CheckRun } from './list-checks.js';

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
  const runs = await listChecks(github, { sha: target.sha, name: CHECKS_ASKED.check_name });
  const appReports = runs.some(isOfApp);
  const name = appReports ? CHECK_BESIDE_APP : CHECKS_ASKED.check_name;
  const beside = appReports ? await listChecks(github, { sha: target.sha, name }) : [];
  const isMine = ({ external_id, app }: CheckRun) =>
    external_id === target.externalId && app?.slug === ACTIONS_APP;
  const mine = [...runs, ...beside].find(isMine);
  if (mine) {
    await writeCheck(github, { id: mine.id, state });
    return { id: mine.id, appReports };
  }
  const { sha: head_sha, externalId: external_id } = target;
  const made = await octokit.rest.checks.create({ ...at, name, head_sha, external_id, ...body(state) });
  return { id: made.data.id, appReports };
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
