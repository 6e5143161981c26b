import { formatExternalId } from '../../src/domain/external-id.js';
import { environmentNameFor } from '../../src/domain/host-label.js';
import { D, S, type DeploymentStatus } from '../../src/domain/lifecycle.js';
import type { StageBody } from '../../src/contract/schemas.js';
import type { Context, PullRequest } from '../context.js';
import type { Inputs } from '../inputs.js';
import { resultOf, type Result } from '../result.js';
import { verify } from '../stages/verify.js';
import type { World } from '../world.js';
import { openReport, type Report } from './open-report.js';
import type { GitHub } from './github.js';
import { reliably } from './reliably.js';

export interface AloneInput {
  readonly inputs: Inputs;
  readonly context: Context;
  readonly pullRequest: PullRequest;
  readonly github: GitHub;
  readonly url: string;
}

const FAREWELL_MS = 4_000;

/** The second and the third way: an earlier step deployed; this run visits the preview and tells GitHub itself. */
export async function runWithoutServer(world: World, input: AloneInput): Promise<Result> {
  const { inputs, context, pullRequest, url } = input;
  const signal = world.stopped;
  const environment = environmentNameFor({ pullRequest: pullRequest.number });
  const project = inputs.project ?? context.repo;
  const { sha } = pullRequest;
  const report = await reliably(world, {
    what: 'Reporting to GitHub',
    signal,
    step: () =>
      openReport(input.github, {
        externalId: formatExternalId({ environment, project, sha, run: context.run }),
        key: { preview: environment, project },
        comment: inputs.comment,
        pullRequest,
        url,
        logsUrl: context.logsUrl,
      }),
  });
  const startedAt = world.now().toISOString();
  const ended = await visit(world, { inputs, url });
  const stage: StageBody = {
    name: 'verifying',
    status: ended.status === D.success ? S.completed : S.failed,
    startedAt,
    completedAt: world.now().toISOString(),
    error: null,
  };
  const live = ended.status === D.success;
  const result = resultOf({
    ...ended,
    url,
    environment,
    sha,
    live,
    stages: [stage],
    failedStage: live ? null : stage.name,
  });
  await tell(world, { report, result, status: ended.status });
  return result;
}

interface Ended {
  readonly status: DeploymentStatus;
  readonly reason: string;
}

async function visit(world: World, { inputs, url }: { inputs: Inputs; url: string }): Promise<Ended> {
  const { healthPath: path, waitTimeoutMs: budgetMs } = inputs;
  try {
    await verify(world, { url, path: path ?? '/', budgetMs, log: world.print, signal: world.stopped });
    return { status: D.success, reason: '' };
  } catch (error) {
    if (world.stopped.aborted) return { status: D.cancelled, reason: 'The workflow run was cancelled.' };
    return { status: D.failed, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function tell(
  world: World,
  { report, result, status }: { report: Report; result: Result; status: DeploymentStatus },
): Promise<void> {
  // A cancelled step has a few seconds left for its last word.
  const signal = world.stopped.aborted ? AbortSignal.timeout(FAREWELL_MS) : world.stopped;
  await reliably(world, { what: 'Reporting to GitHub', signal, step: () => report.close(result, status) });
}
