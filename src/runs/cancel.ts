import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { BY_API } from '../environments/history.js';
import { isActive } from '../environments/model.js';
import { removedReason } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import { type GitHubFailure, type GitHubPorts, isGitHubFailure } from '../repositories/github.js';
import type { RepoRef } from '../repositories/model.js';
import { VitrineError } from '../shared/errors.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import { ENDED_BY } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { WITHOUT_RESULT } from './ended.js';
import { notListed, repositoryOf, type Rerun, urlOf } from './redeploy.js';
import { findPreviewWorkflow } from './unclaimed.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  GitHubPorts &
  AuditPorts &
  Pick<TargetPorts, 'targets'> &
  Pick<Tools, 'clock'>;

/** The workflow run that is stopped. */
type StoppedRun = Rerun;

interface Cancelled {
  readonly environment: StoredEnvironment;
  readonly run: StoppedRun;
}

/**
 * Stops the workflow run that builds the newest commit. GitHub is asked first: when the server ends after that, the run reports its end
 * itself. The deployment then ends here too, so that what the run still does while it stops changes nothing.
 */
export async function cancelBuild(
  ports: Ports,
  { environmentId, actor }: { readonly environmentId: string; readonly actor: string },
): Promise<Cancelled> {
  const build = await underWay(ports, environmentId);
  const { environment, deployment } = build;
  const repo = repositoryOf(environment);
  const run = await runOf(ports, { ...build, repo });
  await stop(ports, { repo, run, sha: deployment.sha });
  const detail = `Asked GitHub to cancel workflow run ${run.id} of commit ${deployment.sha}.`;
  const step = { action: 'cancel', rule: 'asked', detail, actor, source: BY_API } as const;
  await changeEnvironment(ports, { id: environment.id, plan: () => ({ patch: {}, due: [], step }) });
  await endCancelled(ports, build);
  await ports.audit.record({ actor, action: 'cancel', subject: environment.slug, detail });
  return { environment: (await ports.environments.get(environment.id)) ?? environment, run };
}

interface Build {
  readonly environment: StoredEnvironment;
  readonly deployment: StoredDeployment;
}

async function underWay(ports: Pick<Ports, 'environments' | 'deployments'>, id: string): Promise<Build> {
  const environment = await ports.environments.get(id);
  if (!environment) throw new VitrineError('not_found', 'There is no such environment.');
  if (!isActive(environment)) throw new VitrineError('environment_gone', removedReason(environment));
  const { head } = environment;
  const deployment = head && (await ports.deployments.get(head.deploymentId));
  if (deployment && !DEPLOYMENT[deployment.status].settled) return { environment, deployment };
  throw new VitrineError('conflict', 'Nothing is being built here, so there is nothing to cancel.');
}

/** The run that took the deployment on; before one did, the run of the commit that is about to. */
async function runOf(
  ports: Ports,
  { environment, deployment, repo }: Build & { readonly repo: RepoRef },
): Promise<StoppedRun> {
  const known = deployment.run?.id;
  if (known !== undefined) return { id: known, url: urlOf(environment, known) };
  const listed = (await ports.github.workflowRuns(repo, deployment.sha).catch(notListed)) ?? [];
  const workflow = await findPreviewWorkflow(ports, environment);
  const going = listed.filter(
    (run) => run.conclusion === null && (workflow === undefined || run.workflow === workflow),
  );
  const [run] = going;
  if (run && going.length === 1) return { id: run.id, url: run.url ?? urlOf(environment, run.id) };
  throw new VitrineError(
    'conflict',
    run
      ? 'Several workflow runs work on this commit, and none has begun the preview: cancel the right one on GitHub.'
      : 'No workflow run works on this commit at the moment, so there is none to cancel.',
  );
}

interface Order {
  readonly repo: RepoRef;
  readonly run: StoppedRun;
  readonly sha: string;
}

/** After no answer, GitHub's list of runs says whether the run has ended. */
async function stop({ github }: GitHubPorts, { repo, run, sha }: Order): Promise<void> {
  try {
    await github.cancel(repo, run.id);
  } catch (error) {
    if (!isGitHubFailure(error)) throw error;
    if (error.kind !== 'ambiguous') throw notCancelled(error, run);
    const listed = await github.workflowRuns(repo, sha).catch(notListed);
    const now = listed?.find(({ id }) => id === run.id);
    if (!now || now.conclusion === null) throw notCancelled(error, run);
  }
}

function notCancelled(cause: GitHubFailure, { id, url }: StoppedRun): VitrineError {
  const byHand = `Cancel it by hand: ${url}`;
  switch (cause.kind) {
    case 'retry': {
      const seconds = Math.ceil((cause.retryInMs ?? 60_000) / 1_000);
      const message = `GitHub asks the App to wait, so workflow run ${id} was not cancelled. ${byHand}`;
      return new VitrineError('unavailable', message, { cause, retryAfterSeconds: seconds });
    }
    case 'ambiguous': {
      const message = `GitHub did not answer: see whether run ${id} ended at ${url}`;
      return new VitrineError('bad_gateway', message, { cause });
    }
    case 'poison': {
      const message = `Workflow run ${id} has ended already, so there is nothing to cancel: ${url}`;
      return new VitrineError('conflict', message, { cause });
    }
    default: {
      const remedy =
        'The App may do this only with the permission "Actions: write", which the operator can give it: docs/permissions.md says how.';
      const message = `GitHub did not cancel workflow run ${id}. ${byHand}. ${remedy}`;
      return new VitrineError('conflict', message, { cause });
    }
  }
}

const BEFORE_PREVIEW = 'The workflow run was cancelled before its preview step started.';

/** As when GitHub tells of the end of the run, which may have been faster. */
async function endCancelled(ports: Ports, { environment, deployment: { id } }: Build): Promise<void> {
  const deployment = await ports.deployments.get(id);
  if (!deployment || DEPLOYMENT[deployment.status].settled) return;
  const isUnclaimed = deployment.run === null;
  await failDeployment(ports, {
    environment,
    deployment,
    event: 'cancel',
    endedBy: isUnclaimed ? ENDED_BY.workflowsEnd : ENDED_BY.runEnd,
    error: isUnclaimed ? BEFORE_PREVIEW : WITHOUT_RESULT.cancel,
    ...(isUnclaimed && { unclaimed: true }),
  });
}
