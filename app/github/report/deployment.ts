import { z } from 'zod';
import type { DeploymentReport, Recipient, Reporter, SentReport } from '../../../src/reports/reporter.js';
import { isGitHubFailure } from '../../../src/repositories/github.js';
import type { RepoRef } from '../../../src/repositories/model.js';
import { DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { ask, type Caller, pages } from '../client/call.js';
import { contradiction, digestOf, fenced } from './fence.js';

interface DeploymentToWrite {
  readonly repo: Recipient;
  readonly report: DeploymentReport;
}

const TASK = 'preview';

const Created = z.object({ id: z.int().positive() });

const Listed = Created.extend({ payload: z.unknown() });

const Ours = z.object({ vitrine: z.string() });

/** Writes GitHub's own deployment: the "View deployment" box. */
export function createReportDeployment(given: Caller): Reporter['deployment'] {
  return async (repo, report, last): Promise<SentReport> => {
    const caller = fenced(given, repo);
    const status = statusOf(report);
    const digest = digestOf(status);
    if (last && last.digest === digest) return { id: last.id, digest };
    const existing = last && (last.id ?? (await find(caller, { repo, report })));
    if (existing !== null && (await setStatus(caller, { repo, id: existing, status })))
      return { id: existing, digest };
    if (existing !== null && (await find(caller, { repo, report })) === existing)
      throw contradiction('the deployment');
    // A deployment that GitHub does not have needs no end.
    if (report.state === DEPLOYMENT_STATE.inactive) return { id: null, digest };
    const id = await create(caller, { repo, report });
    if (!(await setStatus(caller, { repo, id, status }))) throw contradiction('the deployment');
    return { id, digest };
  };
}

/** False when the deployment is gone from GitHub. */
async function setStatus(
  caller: Caller,
  { repo, id, status }: { repo: RepoRef; id: number; status: ReturnType<typeof statusOf> },
): Promise<boolean> {
  try {
    await ask(caller, {
      repo,
      purpose: 'report',
      lane: 'background',
      route: 'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
      parameters: { deployment_id: id, ...status },
      schema: Created,
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
    // The server sets each old one to inactive itself: https://docs.github.com/rest/deployments/statuses
    auto_inactive: false,
    ...(url === null ? {} : { environment_url: url }),
    ...(logUrl === null ? {} : { log_url: logUrl }),
  };
}

async function find(caller: Caller, { repo, report }: DeploymentToWrite): Promise<number | null> {
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

/** GitHub returns the payload as it was sent, or as its JSON text. */
function namedBy(payload: unknown): string | undefined {
  const direct = Ours.safeParse(payload);
  if (direct.success) return direct.data.vitrine;
  return typeof payload === 'string' ? /"vitrine":"(\w+)"/.exec(payload)?.[1] : undefined;
}

async function create(caller: Caller, { repo, report }: DeploymentToWrite): Promise<number> {
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
    schema: Created,
  });
  return id;
}

/** For branch rules that know commit statuses only. A second one is harmless: GitHub shows the newest of a context. */
export function createReportCommitStatus(caller: Caller): Reporter['commitStatus'] {
  return async (repo, { sha, context, state, description, targetUrl }, lastDigest) => {
    const parameters = {
      sha,
      context,
      state,
      description: cutDescription(description),
      ...(targetUrl === null ? {} : { target_url: targetUrl }),
    };
    const digest = digestOf(parameters);
    if (digest === lastDigest) return digest;
    await ask(fenced(caller, repo), {
      repo,
      purpose: 'status',
      lane: 'background',
      route: 'POST /repos/{owner}/{repo}/statuses/{sha}',
      parameters,
      schema: Created,
    });
    return digest;
  };
}

/** GitHub refuses longer descriptions of deployments and statuses. JavaScript never counts less than GitHub. */
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
