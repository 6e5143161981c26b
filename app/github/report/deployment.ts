import { z } from 'zod';
import type { ReportedDeployment } from '../../../src/environments/model.js';
import type { CommitStatusReport, DeploymentReport, Recipient, Told } from '../../../src/reports/reporter.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import { DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { ask, type Caller, pages, send } from '../client/call.js';
import { digestOf, fenced } from './fence.js';

interface Wanted {
  readonly repo: Recipient;
  readonly report: DeploymentReport;
  readonly last: ReportedDeployment | null;
}

const TASK = 'preview';

const Made = z.object({ id: z.int().positive() });

const Listed = Made.extend({ payload: z.unknown() });

const Ours = z.object({ vitrine: z.string() });

/** GitHub's own deployment: the "View deployment" box. */
export async function reportDeployment(given: Caller, wanted: Wanted): Promise<Told> {
  const { report, last } = wanted;
  const caller = fenced(given, wanted.repo);
  const status = statusOf(report);
  const digest = digestOf(status);
  if (last && last.digest === digest) return { id: last.id, digest };
  const known = last && (last.id ?? (await find(caller, wanted)));
  const over = report.state === DEPLOYMENT_STATE.inactive;
  if (known !== null && (await tell(caller, { repo: wanted.repo, id: known, status })))
    return { id: known, digest };
  // What GitHub never heard of, or what somebody deleted there, need not be told to be over.
  if (over) return { id: null, digest };
  const id = await create(caller, wanted);
  await tell(caller, { repo: wanted.repo, id, status });
  return { id, digest };
}

/** False when GitHub does not know the deployment any more. */
async function tell(
  caller: Caller,
  { repo, id, status }: { repo: RepoRef; id: number; status: ReturnType<typeof statusOf> },
): Promise<boolean> {
  try {
    await send(caller, {
      repo,
      purpose: 'report',
      lane: 'background',
      route: 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
      parameters: { deployment_id: id, ...status },
    });
    return true;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return false;
    throw error;
  }
}

function statusOf({ state, description, url, logUrl, githubEnvironment }: DeploymentReport) {
  return {
    state,
    description: cutDescription(description),
    environment: githubEnvironment,
    // Ours are inactivated by us, one by one: https://docs.github.com/rest/deployments/statuses
    auto_inactive: false,
    ...(url === null ? {} : { environment_url: url }),
    ...(logUrl === null ? {} : { log_url: logUrl }),
  };
}

async function find(caller: Caller, { repo, report }: Wanted): Promise<number | null> {
  const list = pages(caller, {
    repo,
    purpose: 'report',
    lane: 'background',
    route: 'GET /repos/{owner}/{repo}/deployments',
    parameters: { sha: report.sha, task: TASK, environment: report.githubEnvironment },
    item: Listed,
    maxPages: 5,
  });
  for await (const deployments of list) {
    const ours = deployments.find(({ payload }) => namedBy(payload) === report.deploymentId);
    if (ours) return ours.id;
  }
  return null;
}

/** GitHub gives the payload back as it was sent, or as the JSON text of it. */
function namedBy(payload: unknown): string | undefined {
  const direct = Ours.safeParse(payload);
  if (direct.success) return direct.data.vitrine;
  return typeof payload === 'string' ? /"vitrine":"(\w+)"/.exec(payload)?.[1] : undefined;
}

async function create(caller: Caller, { repo, report }: Wanted): Promise<number> {
  const { id } = await ask(caller, {
    repo,
    purpose: 'report',
    lane: 'background',
    route: 'POST /repos/{owner}/{repo}/deployments',
    parameters: {
      ref: report.sha,
      task: TASK,
      environment: report.githubEnvironment,
      description: 'Preview of a pull request',
      payload: { vitrine: report.deploymentId },
      required_contexts: [],
      auto_merge: false,
      transient_environment: true,
      production_environment: false,
    },
    schema: Made,
  });
  return id;
}

/** For branch rules that know commit statuses only. Saying it twice is harmless: GitHub shows the newest of a context. */
export async function reportCommitStatus(
  caller: Caller,
  wanted: {
    readonly repo: Recipient;
    readonly report: CommitStatusReport;
    readonly lastDigest: string | null;
  },
): Promise<string> {
  const { sha, context, state, description, targetUrl } = wanted.report;
  const parameters = {
    sha,
    context,
    state,
    description: cutDescription(description),
    ...(targetUrl === null ? {} : { target_url: targetUrl }),
  };
  const digest = digestOf(parameters);
  if (digest === wanted.lastDigest) return digest;
  await send(fenced(caller, wanted.repo), {
    repo: wanted.repo,
    purpose: 'status',
    lane: 'background',
    route: 'POST /repos/{owner}/{repo}/statuses/{sha}',
    parameters,
  });
  return digest;
}

/** GitHub refuses longer descriptions of deployments and statuses. Counted as JavaScript does, which is never less than GitHub. */
const LONGEST = 140;

function cutDescription(text: string): string {
  if (text.length <= LONGEST) return text;
  let cut = '';
  for (const character of text) {
    if (cut.length + character.length >= LONGEST) break;
    cut += character;
  }
  return `${cut}…`;
}
