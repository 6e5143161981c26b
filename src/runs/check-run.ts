import type { DeliveryDecision } from '../deliveries/store.js';
import { changeDeployment } from '../deployments/change.js';
import { linkTo, recordProgress } from '../deployments/progress.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { noticePullRequest } from '../observations/observe.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { ReachableRepository, RepositoryPorts } from '../repositories/model.js';
import { type ErrorCode, isVitrineError } from '../shared/errors.js';
import { type AddressPorts, pullRequestOf } from '../shared/preview-url.js';
import { type ExternalId, parseExternalId, type RunRef, sameRun } from '../shared/run-ref.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { CHECK, CONCLUSION } from '../shared/status/github.js';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { claimRun } from './claim.js';
import { endedWithoutResult, reopenSilent } from './revive.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  TargetPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'newId'>;

/** A check run written by the Action itself, when it has no server or cannot reach it. */
export interface ReportedRun {
  readonly repo: ReachableRepository;
  readonly external: ExternalId & { readonly run: RunRef };
  readonly status: string;
  readonly conclusion: string | null;
  /** The address of the preview. */
  readonly url: string | null;
  readonly summary: string | null;
}

/** Errors that a retry cannot change, with the rule to record. Other errors are retried. */
const FINAL: Readonly<Partial<Record<ErrorCode, string>>> = {
  conflict: 'late-report',
  stale_head: 'late-report',
  environment_gone: 'late-report',
  unprocessable: 'report-refused',
};

const OVERTAKEN: readonly ErrorCode[] = ['conflict', 'stale_head'];

const TRIES = 3;

/** Writes the same documents as a run that reports to the server. */
export async function observeCheckRun(ports: Ports, reported: ReportedRun): Promise<DeliveryDecision> {
  const environment = await environmentOfReport(ports, reported);
  if (!environment) return ignore('no-environment', 'No environment has this commit as its newest.');
  try {
    await recordReportedRun(ports, { environment, reported });
  } catch (error) {
    const rule = isVitrineError(error) ? FINAL[error.code] : undefined;
    if (!isVitrineError(error) || rule === undefined) throw error;
    return ignore(rule, error.message);
  }
  return {
    action: 'update',
    rule: 'reported-by-run',
    detail: 'The workflow run reported by its own check run.',
    environmentIds: [environment.id],
  };
}

function ignore(rule: string, detail: string): DeliveryDecision {
  return { action: 'ignore', rule, detail, environmentIds: [] };
}

async function environmentOfReport(
  ports: Ports,
  { repo, external }: Pick<ReportedRun, 'repo' | 'external'>,
): Promise<StoredEnvironment | null> {
  const number = pullRequestOf(external.environment);
  if (number === null) return null;
  const find = async () => pick(await ports.environments.ofPullRequest(repo.id, number), external);
  const known = await find();
  if (known?.head?.sha === external.sha) return known;
  if (known && (await hadDeployment(ports, known, external))) return null;
  // The check run arrived before the webhook of its commit.
  const source = { kind: 'run', id: external.run.id } as const;
  const facts = await noticePullRequest(ports, { repo, number, source });
  if (facts?.head.sha !== external.sha) return null;
  const found = await find();
  return found?.head?.sha === external.sha ? found : null;
}

function pick(all: readonly StoredEnvironment[], { project }: ExternalId): StoredEnvironment | undefined {
  return (
    all.find((environment) => environment.project === project) ?? (all.length === 1 ? all[0] : undefined)
  );
}

/** A commit that already had a deployment and is not the head is superseded, so GitHub need not be asked. */
async function hadDeployment(ports: Ports, { id }: StoredEnvironment, { sha }: ExternalId): Promise<boolean> {
  return (await ports.deployments.newestBySha7(id, sha.slice(0, 7)))?.sha === sha;
}

interface Report {
  readonly environment: StoredEnvironment;
  readonly reported: ReportedRun;
}

/** The webhook of the run's end may end the deployment during this write. Then it is reopened and the report applied again. */
async function recordReportedRun(ports: Ports, report: Report): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await applyReportedRun(ports, report);
    } catch (error) {
      const { environment, reported } = report;
      const overtaken = isVitrineError(error) && OVERTAKEN.includes(error.code);
      if (!overtaken || left <= 1 || !(await runEndedMeanwhile(ports, environment, reported.external.run)))
        throw error;
    }
  }
}

async function runEndedMeanwhile(ports: Ports, { id }: StoredEnvironment, run: RunRef): Promise<boolean> {
  const head = (await ports.environments.get(id))?.head;
  const deployment = head ? await ports.deployments.get(head.deploymentId) : null;
  if (!deployment || !DEPLOYMENT[deployment.status].settled) return false;
  return deployment.run === null || endedWithoutResult(deployment, run);
}

async function applyReportedRun(ports: Ports, { environment, reported }: Report): Promise<void> {
  const { sha, run } = reported.external;
  const ended = reported.status === CHECK.completed;
  if (ended) await reopenSilent(ports, { environment, run });
  await markSelfReported(ports, { environment, run });
  const body = { sha, run, logsUrl: logsOf(environment, run) };
  const claimed = await claimRun(ports, { environment, body });
  await markSelfReported(ports, { environment: claimed.environment, run });
  if (!ended) return;
  const { url } = reported;
  if (url !== null)
    await changeDeployment(ports, {
      id: claimed.deployment.id,
      plan: (seen) => (seen.url ? null : linkTo(seen, { url })),
    });
  await recordProgress(ports, {
    deploymentId: claimed.deployment.id,
    body: {
      generation: claimed.deployment.generation,
      outcome: { status: outcomeOf(reported.conclusion), error: errorOf(reported), logTail: [] },
    },
  });
}

function outcomeOf(conclusion: string | null) {
  if (conclusion === CONCLUSION.success) return DEPLOYMENT_STATUS.success;
  return conclusion === CONCLUSION.cancelled ? DEPLOYMENT_STATUS.cancelled : DEPLOYMENT_STATUS.failed;
}

function errorOf({ conclusion, summary }: ReportedRun): string | null {
  if (conclusion === CONCLUSION.success) return null;
  return (
    summary
      ?.split('\n')
      .find((line) => line.trim() !== '')
      ?.slice(0, 500) ?? STAGE_STATUS.failed
  );
}

/** Records that the head's run writes its own check run, so that the App does not create a second one. */
async function markSelfReported(
  ports: Pick<Ports, 'environments' | 'deployments'>,
  { environment, run }: { readonly environment: StoredEnvironment; readonly run: RunRef },
): Promise<void> {
  const deploymentId = environment.head?.deploymentId;
  if (deploymentId === undefined || environment.head?.selfReported === deploymentId) return;
  const taker = (await ports.deployments.get(deploymentId))?.run ?? run;
  if (!sameRun(taker, run)) return;
  await changeEnvironment(ports, {
    id: environment.id,
    plan: ({ head }) =>
      head?.deploymentId === deploymentId
        ? { patch: { head: { ...head, selfReported: deploymentId } }, due: [] }
        : null,
  });
}

/** The address of the run's log on GitHub. The check run links to the preview instead. */
function logsOf({ pullRequest }: StoredEnvironment, { id, attempt }: RunRef): string | undefined {
  const repository = pullRequest?.url.replace(/\/pull\/\d+$/, '');
  return repository && `${repository}/actions/runs/${id}/attempts/${attempt}`;
}

/** What a check run event means for the server. Most are irrelevant: GitHub sends those of other Apps and of this App too. */
type CheckNews =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'rerequested'; readonly external: ExternalId }
  | { readonly kind: 'reported'; readonly external: ExternalId & { readonly run: RunRef } };

export function checkNews(action: string, externalId: string | null | undefined): CheckNews {
  const external = parseExternalId(externalId);
  if (!external) return { kind: 'nothing', why: 'The check run is not one of ours.' };
  if (action === 'rerequested') return { kind: 'rerequested', external };
  const { run } = external;
  return run
    ? { kind: 'reported', external: { ...external, run } }
    : { kind: 'nothing', why: 'The check run was written by this App.' };
}
