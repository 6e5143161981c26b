import { z } from 'zod';
import type { ReportedCheck } from '../../../src/environments/model.js';
import type { CheckReport, Recipient, Told } from '../../../src/reports/reporter.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import { CHECK } from '../../../src/shared/status/github.js';
import { ask, type Caller, pages } from '../client/call.js';
import type { CheckText } from './check-text.js';
import { digestOf, fenced } from './fence.js';

interface CheckReporting {
  readonly caller: Caller;
  readonly appId: number;
  readonly render: (report: CheckReport) => CheckText;
}

interface Wanted {
  readonly repo: Recipient;
  readonly report: CheckReport;
  /** Null: never tried. Id null: tried, outcome unknown. */
  readonly last: ReportedCheck | null;
}

const Made = z.object({ id: z.int().positive() });
const Run = Made.extend({ external_id: z.string().nullable(), status: z.string() });

/** One check run for one attempt at a commit: created, or found again, then edited. */
export async function reportCheck(given: CheckReporting, wanted: Wanted): Promise<Told> {
  const { report, last } = wanted;
  const reporting = { ...given, caller: fenced(given.caller, wanted.repo) };
  const body = bodyOf(report, reporting.render(report));
  const digest = digestOf(body);
  if (last && last.id !== null && last.digest === digest) return { id: last.id, digest };
  const known = await locate(reporting, wanted);
  const id = known && !isOver(body, known) ? await edit(reporting, { wanted, body, known }) : null;
  return { id: id ?? (await create(reporting, { wanted, body })), digest };
}

type Body = ReturnType<typeof bodyOf>;

interface Known {
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

async function locate(
  { caller, appId }: CheckReporting,
  { repo, report, last }: Wanted,
): Promise<Known | null> {
  if (!last) return null;
  if (last.id !== null) return { id: last.id, settled: last.settled };
  const list = pages(caller, {
    repo,
    purpose: 'report',
    route: 'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
    parameters: { ref: report.sha, check_name: report.name, app_id: appId, filter: 'all' },
    within: 'check_runs',
    item: Run,
    maxPages: 10,
  });
  for await (const runs of list) {
    const ours = runs.find((run) => run.external_id === report.externalId);
    if (ours) return { id: ours.id, settled: ours.status === CHECK.completed };
  }
  return null;
}

/** Null when GitHub does not know the check run any more. */
async function edit(
  { caller }: CheckReporting,
  { wanted, body, known }: { wanted: Wanted; body: Body; known: Known },
): Promise<number | null> {
  try {
    const { id } = await ask(caller, {
      repo: wanted.repo,
      purpose: 'report',
      route: 'PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}',
      parameters: { check_run_id: known.id, ...body },
      schema: Made,
    });
    return id;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return null;
    throw error;
  }
}

/** GitHub never lets a check run work again that has ended: https://github.com/orgs/community/discussions/24761 */
function isOver({ status }: Body, { settled }: Known): boolean {
  return settled && status !== CHECK.completed;
}

async function create(
  { caller }: CheckReporting,
  { wanted, body }: { wanted: Wanted; body: Body },
): Promise<number> {
  const { name, sha } = wanted.report;
  const { id } = await ask(caller, {
    repo: wanted.repo,
    purpose: 'report',
    route: 'POST /repos/{owner}/{repo}/check-runs',
    parameters: { name, head_sha: sha, ...body },
    schema: Made,
  });
  return id;
}
