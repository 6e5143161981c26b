import { z } from 'zod';
import type { ReportedCheck } from '../../../src/environments/model.js';
import type { CheckReport, Recipient, Reporter, SentReport } from '../../../src/reports/reporter.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import { CHECK } from '../../../src/shared/status/github.js';
import { ask, type Caller, pages } from '../client/call.js';
import type { CheckText } from './check-text.js';
import { contradiction, digestOf, fenced } from './fence.js';

interface CheckReporting {
  readonly caller: Caller;
  readonly appId: number;
  readonly render: (report: CheckReport) => CheckText;
}

const Created = z.object({ id: z.int().positive() });
const Run = Created.extend({ external_id: z.string().nullable(), status: z.string() });
type Run = z.infer<typeof Run>;

/** Writes one check run for one attempt at a commit: creates it, or finds it again and edits it. */
export function createReportCheck(given: CheckReporting): Reporter['check'] {
  return async (repo, report, last): Promise<SentReport> => {
    const reporting = { ...given, caller: fenced(given.caller, repo) };
    const check = { repo, report, body: bodyOf(report, reporting.render(report)) };
    const digest = digestOf(check.body);
    if (last && last.id !== null && last.digest === digest) return { id: last.id, digest };
    const existing = last && (await locate(reporting, check, last));
    const id =
      existing && !isCompleted(check.body, existing)
        ? await edit(reporting, { ...check, id: existing.id })
        : null;
    return { id: id ?? (await create(reporting, check)), digest };
  };
}

interface CheckToWrite {
  readonly repo: Recipient;
  readonly report: CheckReport;
  readonly body: ReturnType<typeof bodyOf>;
}

interface Existing {
  readonly id: number;
  readonly settled: boolean;
}

function bodyOf(report: CheckReport, output: CheckText) {
  const { status, conclusion } = report;
  const { attempt } = report.situation;
  const startedAt = attempt?.startedAt ?? attempt?.createdAt;
  const settled = status === CHECK.completed;
  return {
    status,
    output,
    external_id: report.externalId,
    ...(report.detailsUrl === null ? {} : { details_url: report.detailsUrl }),
    ...(startedAt ? { started_at: startedAt.toISOString() } : {}),
    ...(settled && conclusion ? { conclusion } : {}),
    ...(settled && attempt?.completedAt ? { completed_at: attempt.completedAt.toISOString() } : {}),
  };
}

/** Without an id the outcome of the last attempt is unknown: the check run may exist. */
async function locate(
  reporting: CheckReporting,
  { repo, report }: CheckToWrite,
  last: ReportedCheck,
): Promise<Existing | null> {
  if (last.id !== null) return { id: last.id, settled: last.settled };
  const ours = await find(reporting, { repo, report }, (run) => run.external_id === report.externalId);
  return ours && { id: ours.id, settled: ours.status === CHECK.completed };
}

/** Searches our check runs of the commit by more than their name: a check keeps its first one, and ours may have another by now. */
async function find(
  { caller, appId }: CheckReporting,
  { repo, report }: Pick<CheckToWrite, 'repo' | 'report'>,
  fits: (run: Run) => boolean,
): Promise<Run | null> {
  const list = pages(caller, {
    repo,
    purpose: 'report',
    route: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    parameters: { ref: report.sha, app_id: appId, filter: 'all' },
    within: 'check_runs',
    item: Run,
    maxPages: 10,
  });
  for await (const runs of list) {
    const found = runs.find(fits);
    if (found) return found;
  }
  return null;
}

/** Null when the check run is gone from GitHub. */
async function edit(
  reporting: CheckReporting,
  { id: checkRun, ...check }: CheckToWrite & { readonly id: number },
): Promise<number | null> {
  const { repo, body } = check;
  try {
    const { id } = await ask(reporting.caller, {
      repo,
      purpose: 'report',
      route: 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
      parameters: { check_run_id: checkRun, ...body },
      schema: Created,
    });
    return id;
  } catch (error) {
    if (!isGitHubFailure(error) || error.kind !== 'gone') throw error;
    if (await find(reporting, check, (run) => run.id === checkRun)) throw contradiction('the check run');
    return null;
  }
}

/** GitHub does not reopen a completed check run: https://github.com/orgs/community/discussions/24761 */
function isCompleted({ status }: CheckToWrite['body'], { settled }: Existing): boolean {
  return settled && status !== CHECK.completed;
}

async function create(
  { caller }: CheckReporting,
  { repo, report: { name, sha }, body }: CheckToWrite,
): Promise<number> {
  const { id } = await ask(caller, {
    repo,
    purpose: 'report',
    route: 'POST /repos/{owner}/{repo}/check-runs',
    parameters: { name, head_sha: sha, ...body },
    schema: Created,
  });
  return id;
}
