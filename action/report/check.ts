import { cutBytes } from '../../src/shared/markdown.js';
import { parseExternalId } from '../../src/shared/run-ref.js';
import type { CheckConclusion, CheckStatus } from '../../src/shared/status/github.js';
import type { GitHub } from './connect.js';
import { CHECK_BESIDE_APP, CHECKS_QUERY } from './transport.js';

/** The App that owns the token of a workflow. */
const ACTIONS_APP = 'github-actions';

/** GitHub refuses longer ones: https://docs.github.com/rest/checks/runs */
const SUMMARY_BYTES = 65_000;

export interface CheckState {
  readonly status: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly title: string;
  readonly summary: string;
  readonly detailsUrl: string;
}

interface CheckTarget {
  readonly sha: string;
  readonly externalId: string;
}

interface OpenedCheck {
  readonly id: number;
  /** The App is installed and reports on this commit. */
  readonly appReports: boolean;
}

/** Creates the check run of this run, or continues with the one of an earlier try. */
export async function openCheck(
  github: GitHub,
  { target, state }: { target: CheckTarget; state: CheckState },
): Promise<OpenedCheck> {
  const { octokit, at } = github;
  const runs = await listChecks(github, { sha: target.sha, name: CHECKS_QUERY.check_name });
  const appReports = runs.some(isOfApp);
  const name = appReports ? CHECK_BESIDE_APP : CHECKS_QUERY.check_name;
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

type CheckRun = Awaited<ReturnType<typeof listChecks>>[number];

/** The check runs of a commit; without a name all of them. */
function listChecks({ octokit, at }: GitHub, { sha: ref, name }: { sha: string; name: string | null }) {
  const { filter, per_page } = CHECKS_QUERY;
  const named = name === null ? {} : { check_name: name };
  return octokit.paginate(octokit.rest.checks.listForRef, { ...at, ref, ...named, filter, per_page });
}

/** The external id of a check run of the App contains no workflow run. */
function isOfApp({ external_id }: CheckRun): boolean {
  const external = parseExternalId(external_id);
  return external !== null && external.run === null;
}

interface AppQuestion {
  readonly number: number;
  /** The head before this push; null when the event does not contain it. */
  readonly previousSha: string | null;
}

/** Whether the App reports on this pull request, although it has not reported on this commit yet. */
export async function appReportsHere(github: GitHub, { number, previousSha }: AppQuestion): Promise<boolean> {
  if (await hasCommentOfApp(github, number)) return true;
  return previousSha !== null && (await listChecks(github, { sha: previousSha, name: null })).some(isOfApp);
}

/** A person can copy the marker, but only an App can write as a bot. */
async function hasCommentOfApp({ octokit, at }: GitHub, number: number): Promise<boolean> {
  const marker = new RegExp(`^<!-- vitrine:\\d+:${String(number)} -->`);
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...at,
    issue_number: number,
    per_page: 100,
  });
  for await (const { data } of pages)
    if (data.some(({ user, body }) => user?.type === 'Bot' && marker.test(body ?? ''))) return true;
  return false;
}
