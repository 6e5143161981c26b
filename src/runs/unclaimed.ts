import { failDeployment } from '../deployments/finish.js';
import type { Deployment } from '../deployments/model.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { isHeadDeployment } from '../environments/model.js';
import { countsSince } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { GitHubPorts, WorkflowRun } from '../repositories/github.js';
import { CONCLUSION } from '../shared/status/github.js';
import { ENDED_BY } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  Pick<TargetPorts, 'targets'> &
  GitHubPorts &
  Pick<Tools, 'clock'>;

/** Conclusions that do not explain a missing preview by themselves: the workflow may still run again. */
const GOOD: readonly (string | null)[] = [CONCLUSION.success, CONCLUSION.neutral, CONCLUSION.skipped];

/** Not finished: `action_required` means that a maintainer must approve the run first. */
const OPEN: readonly (string | null)[] = [null, CONCLUSION.actionRequired];

/** GitHub reports times in whole seconds. */
const GITHUB_TIME_STEP_MS = 1_000;

interface Unclaimed {
  readonly deployment: StoredDeployment;
  /** The wait is over its limit: end the deployment even when no workflow failed. */
  readonly patient: boolean;
  /** The run named by the webhook. GitHub's list of runs may still show it as running. */
  readonly ended?: Pick<WorkflowRun, 'id' | 'attempt' | 'conclusion' | 'endedAt'>;
}

/**
 * Ends a deployment whose workflow ended before its preview step (a failed checkout or build, a cancellation). The workflow with that
 * step is known from an earlier deployment of the project; before the first one, all workflows of the commit must have ended. A run that
 * claims the deployment later revives it. Returns whether the deployment was ended. See docs/decisions/0006-a-workflow-that-ends-early.md.
 */
export async function endUnclaimed(ports: Ports, unclaimed: Unclaimed): Promise<boolean> {
  const { deployment, patient } = unclaimed;
  const environment = await ports.environments.get(deployment.environmentId);
  if (!environment || !isHeadDeployment(environment, deployment)) return false;
  const runs = await relevantRuns(ports, { ...unclaimed, environment });
  const bad = runs.filter(({ conclusion }) => !GOOD.includes(conclusion));
  if (runs.length === 0 || runs.some(isOpen) || (bad.length === 0 && !patient)) return false;
  // A run may have claimed the deployment during the requests to GitHub.
  if ((await ports.deployments.get(deployment.id))?.run !== null) return false;
  const blamed = bad.length > 0 ? bad : runs;
  const cancelled = blamed.every(({ conclusion }) => conclusion === CONCLUSION.cancelled);
  await failDeployment(ports, {
    environment,
    deployment,
    event: cancelled ? 'cancel' : 'fail',
    endedBy: ENDED_BY.workflowsEnd,
    error: reasonOf({ runs, blamed, since: countsSince(environment) }),
    unclaimed: true,
    ...logsOf(blamed),
  });
  return true;
}

/** The runs that could have claimed this deployment, or still can. */
async function relevantRuns(
  ports: Ports,
  { environment, ...unclaimed }: Unclaimed & { readonly environment: StoredEnvironment },
): Promise<readonly WorkflowRun[]> {
  const { deployment, patient, ended } = unclaimed;
  const { installationId, repoId, repository: fullName } = environment;
  if (installationId === null) return [];
  const listed =
    (await ports.github.workflowRuns({ installationId, repoId, fullName }, deployment.sha)) ?? [];
  const since = countsSince(environment);
  const all = listed
    .map((run) => withEndedRun(run, ended))
    .filter((run) => isOpen(run) || !isBefore(run.endedAt, since));
  const workflow = await findPreviewWorkflow(ports, environment);
  const ours = all.filter((run) => run.workflow === workflow);
  if (workflow === undefined) return all;
  if (ours.length > 0) return ours;
  // The workflow may not have started yet, or its file may have been renamed.
  return patient ? all : [];
}

function withEndedRun(run: WorkflowRun, ended: Unclaimed['ended']): WorkflowRun {
  if (!ended || ended.id !== run.id || ended.attempt < run.attempt) return run;
  return { ...run, conclusion: ended.conclusion, endedAt: ended.endedAt };
}

/** Runs that ended before the commit was admitted could not deploy, so they do not explain why no run claims it now. */
function isBefore(time: Date | null, since: Date | null): boolean {
  return time !== null && since !== null && time.getTime() + GITHUB_TIME_STEP_MS < since.getTime();
}

function isOpen({ conclusion }: WorkflowRun): boolean {
  return OPEN.includes(conclusion);
}

interface Ended {
  readonly runs: readonly WorkflowRun[];
  readonly blamed: readonly WorkflowRun[];
  readonly since: Date | null;
}

function reasonOf({ runs, blamed, since }: Ended): string {
  const names = blamed
    .slice(0, 3)
    .map(({ name, conclusion }) => `"${name.slice(0, 100)}" (${conclusionLabel(conclusion)})`);
  const more = blamed.length > names.length ? `, and ${String(blamed.length - names.length)} more` : '';
  const list = `${names.join(', ')}${more}`;
  const alone = runs.length === 1;
  if (GOOD.includes(blamed[0]?.conclusion ?? null)) {
    const ended = alone
      ? 'The workflow ended without a preview step'
      : 'All workflows of this commit ended, and none started a preview step';
    return blamed.some(({ startedAt }) => isBefore(startedAt, since))
      ? `${ended}: ${list}. It began before this commit was to have a preview: re-run it. If that changes nothing, add a job with the preview Action, or see what skipped it.`
      : `${ended}: ${list}. Add a job with the preview Action, or see what skipped it.`;
  }
  if (alone) return `The workflow ended before the preview step started: ${list}.`;
  return `All workflows that could bring the preview of this commit ended before a preview step started: ${list}.`;
}

function conclusionLabel(conclusion: string | null): string {
  return (conclusion ?? '').replaceAll('_', ' ').slice(0, 40);
}

function logsOf([first]: readonly WorkflowRun[]): { logsUrl?: string } {
  return first?.url ? { logsUrl: first.url } : {};
}

/** How many deployments and environments are searched, newest first. */
const SEARCH_LIMIT = 10;

/** The workflow of the project's newest deployment, in this environment or another; undefined before the first one. */
export async function findPreviewWorkflow(
  ports: Pick<Ports, 'deployments' | 'environments'>,
  { id, projectId }: StoredEnvironment,
): Promise<string | undefined> {
  const own = await ports.deployments.listOf(id, { limit: SEARCH_LIMIT });
  const here = own.items.map(workflowOf).find(isDefined);
  if (here !== undefined) return here;
  const others = await ports.environments.list({ projectId }, { limit: SEARCH_LIMIT });
  for (const { current } of others.items) {
    const told = workflowOf(current && (await ports.deployments.get(current.deploymentId)));
    if (told !== undefined) return told;
  }
  return undefined;
}

function workflowOf(deployment: Deployment | null): string | undefined {
  return deployment?.run?.workflow;
}

function isDefined(workflow: string | undefined): boolean {
  return workflow !== undefined;
}
