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

type Ports = EnvironmentPorts & DeploymentPorts & GitHubPorts & Pick<Tools, 'clock'>;

/** These say by themselves that something went wrong; a workflow that was skipped, or had nothing to do, may come another time. */
const GOOD: readonly (string | null)[] = [CONCLUSION.success, CONCLUSION.neutral, CONCLUSION.skipped];

/** It ended for now: a person is asked whether it may run at all. */
const OPEN: readonly (string | null)[] = [null, CONCLUSION.actionRequired];

/** GitHub's times are whole seconds. */
const GRAIN_MS = 1_000;

interface Unclaimed {
  readonly deployment: StoredDeployment;
  /** It has waited long: that nothing went wrong is no reason to wait on. */
  readonly patient: boolean;
  /** A run of which GitHub just said that it ended: its lists may lag behind its events. */
  readonly ended?: Pick<WorkflowRun, 'id' | 'attempt' | 'conclusion' | 'endedAt'>;
}

/**
 * Ends a deployment that waits for a run which will not come, because the workflow ended before its preview step: a checkout that failed,
 * a build in a job of its own, a cancellation. Which workflow has that step is known once it has brought a preview of this project; until
 * then all workflows of the commit must have ended. Whoever comes all the same revives it. Answers whether it was ended. Why so:
 * docs/decisions/0006-a-workflow-that-ends-early.md.
 */
export async function settleUnclaimed(ports: Ports, unclaimed: Unclaimed): Promise<boolean> {
  const { deployment, patient } = unclaimed;
  const environment = await ports.environments.get(deployment.environmentId);
  if (!environment || !isHeadDeployment(environment, deployment)) return false;
  const runs = await runsFor(ports, { ...unclaimed, environment });
  const bad = runs.filter(({ conclusion }) => !GOOD.includes(conclusion));
  if (runs.length === 0 || runs.some(isOpen) || (bad.length === 0 && !patient)) return false;
  // GitHub took its time: a run may have come meanwhile.
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

/** Those that may still bring the preview, or might have. */
async function runsFor(
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
    .map((run) => asTold(run, ended))
    .filter((run) => isOpen(run) || !isBefore(run.endedAt, since));
  const workflow = await knownWorkflow(ports, environment);
  const ours = all.filter((run) => run.workflow === workflow);
  if (workflow === undefined) return all;
  if (ours.length > 0) return ours;
  // It may be on its way, or have another name by now.
  return patient ? all : [];
}

function asTold(run: WorkflowRun, ended: Unclaimed['ended']): WorkflowRun {
  if (!ended || ended.id !== run.id || ended.attempt < run.attempt) return run;
  return { ...run, conclusion: ended.conclusion, endedAt: ended.endedAt };
}

/** What was over before the commit was to have a preview was refused one, or had none to bring: it says nothing of the wait since. */
function isBefore(time: Date | null, since: Date | null): boolean {
  return time !== null && since !== null && time.getTime() + GRAIN_MS < since.getTime();
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
    .map(({ name, conclusion }) => `"${name.slice(0, 100)}" (${said(conclusion)})`);
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

function said(conclusion: string | null): string {
  return (conclusion ?? '').replaceAll('_', ' ').slice(0, 40);
}

function logsOf([first]: readonly WorkflowRun[]): { logsUrl?: string } {
  return first?.url ? { logsUrl: first.url } : {};
}

/** How far back is looked: the newest say where the step is now. */
const LOOKED_AT = 10;

/** The workflow that brought the newest preview of this project, here or in another pull request; undefined before the first one. */
async function knownWorkflow(
  ports: Pick<Ports, 'deployments' | 'environments'>,
  { id, projectId }: StoredEnvironment,
): Promise<string | undefined> {
  const own = await ports.deployments.listOf(id, { limit: LOOKED_AT });
  const here = own.items.map(workflowOf).find(isTold);
  if (here !== undefined) return here;
  const others = await ports.environments.list({ projectId }, { limit: LOOKED_AT });
  for (const { current } of others.items) {
    const told = workflowOf(current && (await ports.deployments.get(current.deploymentId)));
    if (told !== undefined) return told;
  }
  return undefined;
}

function workflowOf(deployment: Deployment | null): string | undefined {
  return deployment?.run?.workflow;
}

function isTold(workflow: string | undefined): boolean {
  return workflow !== undefined;
}
