import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { BY_API, type NewStep } from '../environments/history.js';
import { type Environment, type Head, isActive } from '../environments/model.js';
import { removedReason } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { AuditPorts } from '../people/audit-log.js';
import { type GitHubFailure, type GitHubPorts, isGitHubFailure } from '../repositories/github.js';
import type { RepoRef } from '../repositories/model.js';
import { VitrineError } from '../shared/errors.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import type { Tools } from '../shared/tools.js';
import { findPreviewWorkflow } from './unclaimed.js';

type Ports = EnvironmentPorts & DeploymentPorts & GitHubPorts & AuditPorts & Pick<Tools, 'clock'>;

/** The workflow run that is run again. */
export interface Rerun {
  readonly id: string;
  readonly url: string;
}

interface Redeployed {
  readonly environment: StoredEnvironment;
  readonly run: Rerun;
}

type WithHead = StoredEnvironment & { readonly head: Head };

/**
 * Runs the workflow of the newest commit again. The next run that claims the commit makes a new deployment, as after "Re-run" on GitHub;
 * the environment remembers that a person asked for it.
 */
export async function redeploy(
  ports: Ports,
  { environmentId, actor }: { readonly environmentId: string; readonly actor: string },
): Promise<Redeployed> {
  const environment = await deployable(ports, environmentId);
  const repo = repositoryOf(environment);
  const run = await findRun(ports, { environment, repo });
  const detail = `Asked GitHub to run workflow run ${run.id} of commit ${environment.head.sha} again.`;
  const asked = { action: 'redeploy', actor, source: BY_API } as const;
  const marked = await mark(ports, { environment, step: { ...asked, rule: 'asked', detail } });
  try {
    await rerun(ports, { repo, run, sha: environment.head.sha });
  } catch (error) {
    const refused = isGitHubFailure(error) ? notRun(error, run) : error;
    const why = `Workflow run ${run.id} could not be run again: GitHub refused it, or did not answer.`;
    await unmark(ports, { marked, step: { ...asked, rule: 'not-run', detail: why } });
    throw refused;
  }
  await ports.audit.record({ actor, action: 'redeploy', subject: environment.slug, detail });
  return { environment: marked, run: { id: run.id, url: run.url } };
}

async function deployable({ environments }: Pick<Ports, 'environments'>, id: string): Promise<WithHead> {
  const environment = await environments.get(id);
  if (!environment) throw new VitrineError('not_found', 'There is no such environment.');
  if (!isActive(environment)) throw new VitrineError('environment_gone', removedReason(environment));
  const { head, decision } = environment;
  if (head && decision?.action === 'deploy') return { ...environment, head };
  throw new VitrineError(
    'conflict',
    `The newest commit is not to be deployed. ${decision?.detail ?? 'Nothing was decided on it yet.'}`,
  );
}

export function repositoryOf({ installationId, repoId, repository: fullName }: StoredEnvironment): RepoRef {
  if (installationId !== null) return { installationId, repoId, fullName };
  throw new VitrineError(
    'conflict',
    `The App is not installed on ${fullName} any more: nothing can run there.`,
  );
}

interface FoundRun extends Rerun {
  /** The newest attempt that GitHub lists; null when GitHub does not list the run. */
  readonly attempt: number | null;
}

interface Question {
  readonly environment: WithHead;
  readonly repo: RepoRef;
}

/** The run that deployed the newest commit; before the first one, the run of the workflow that deployed other commits of the project. */
async function findRun(ports: Ports, { environment, repo }: Question): Promise<FoundRun> {
  const [deployed, listed] = await Promise.all([
    newestOfHead(ports, environment),
    ports.github.workflowRuns(repo, environment.head.sha).catch(notListed),
  ]);
  if (deployed?.run && !DEPLOYMENT[deployed.status].settled)
    throw busy({ id: deployed.run.id, url: urlOf(environment, deployed.run.id) });
  const id = deployed?.run?.id;
  const workflow = id === undefined ? await findPreviewWorkflow(ports, environment) : undefined;
  const fits = (listed ?? []).filter((one) =>
    id === undefined ? fitsWorkflow(one, workflow) : one.id === id,
  );
  const found = id === undefined && workflow === undefined && fits.length > 1 ? undefined : fits[0];
  if (found) {
    const { url, attempt } = found;
    const run = { id: found.id, attempt, url: url ?? urlOf(environment, found.id) };
    if (found.conclusion === null) throw busy(run);
    return run;
  }
  if (id !== undefined) return { id, attempt: null, url: urlOf(environment, id) };
  throw new VitrineError(
    'conflict',
    `No workflow run has deployed this commit yet, so there is none to run again. Start the workflow by hand: ${checksOf(environment)}`,
  );
}

function fitsWorkflow(
  { workflow }: { readonly workflow: string | null },
  known: string | undefined,
): boolean {
  return known === undefined || workflow === known;
}

/** GitHub's list only adds to what the server knows. */
export function notListed(error: unknown): undefined {
  if (!isGitHubFailure(error)) throw error;
}

/** How many deployments of the environment are searched, newest first. */
const SEARCH_LIMIT = 20;

async function newestOfHead(
  { deployments }: Pick<Ports, 'deployments'>,
  { id, head }: WithHead,
): Promise<StoredDeployment | undefined> {
  const { items } = await deployments.listOf(id, { limit: SEARCH_LIMIT });
  return items.find(({ sha, run }) => sha === head.sha && run !== null);
}

async function mark(
  ports: Ports,
  { environment, step }: { readonly environment: WithHead; readonly step: NewStep },
): Promise<StoredEnvironment> {
  const { id, head } = environment;
  const redeploy = { by: step.actor, at: ports.clock.now() };
  return changeEnvironment(ports, {
    id,
    plan: (seen) => {
      if (seen.head?.deploymentId !== head.deploymentId)
        throw new VitrineError(
          'stale_head',
          'A newer commit or run arrived meanwhile. Look at the environment again.',
        );
      return { patch: { head: { ...seen.head, redeploy } }, due: [], step };
    },
  });
}

async function unmark(
  ports: Ports,
  { marked, step }: { readonly marked: StoredEnvironment; readonly step: NewStep },
): Promise<void> {
  await changeEnvironment(ports, {
    id: marked.id,
    plan: ({ head: seen }) => {
      if (!seen?.redeploy || seen.deploymentId !== marked.head?.deploymentId) return null;
      return { patch: { head: unmarked(seen) }, due: [], step };
    },
  });
}

function unmarked({ redeploy: _asked, ...head }: Head): Head {
  return head;
}

interface Order {
  readonly repo: RepoRef;
  readonly run: FoundRun;
  readonly sha: string;
}

/** After no answer, GitHub's list of runs says whether it was done: a second order would be refused. */
async function rerun({ github }: GitHubPorts, { repo, run, sha }: Order): Promise<void> {
  try {
    await github.rerun(repo, run.id);
  } catch (error) {
    if (!isGitHubFailure(error) || error.kind !== 'ambiguous' || run.attempt === null) throw error;
    const listed = await github.workflowRuns(repo, sha).catch(notListed);
    const now = listed?.find(({ id }) => id === run.id);
    if (!now || now.attempt <= run.attempt) throw error;
  }
}

function notRun(cause: GitHubFailure, { id, url }: Rerun): VitrineError {
  const byHand = `Run it again by hand: ${url}`;
  if (cause.kind === 'retry') {
    const seconds = Math.ceil((cause.retryInMs ?? 60_000) / 1_000);
    const message = `GitHub asks the App to wait, so workflow run ${id} was not run again. ${byHand}`;
    return new VitrineError('unavailable', message, { cause, retryAfterSeconds: seconds });
  }
  if (cause.kind === 'ambiguous')
    return new VitrineError(
      'bad_gateway',
      `GitHub did not answer: see whether run ${id} began again at ${url}`,
      {
        cause,
      },
    );
  const remedy =
    'The App may do this only with the permission "Actions: write", which the operator can give it: docs/permissions.md says how.';
  return new VitrineError('conflict', `GitHub did not run workflow run ${id} again. ${byHand}. ${remedy}`, {
    cause,
  });
}

function busy({ id, url }: Rerun): VitrineError {
  return new VitrineError(
    'conflict',
    `Workflow run ${id} works on this commit at the moment. Wait for its end: ${url}`,
  );
}

/** The page of the run on GitHub. */
export function urlOf(
  { pullRequest, repository }: Pick<Environment, 'pullRequest' | 'repository'>,
  id: string,
): string {
  const page = pullRequest?.url.replace(/\/pull\/\d+$/, '') ?? `https://github.com/${repository}`;
  return `${page}/actions/runs/${id}`;
}

function checksOf({ pullRequest, repository }: Environment): string {
  return pullRequest ? `${pullRequest.url}/checks` : `https://github.com/${repository}/actions`;
}
