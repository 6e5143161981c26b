import {
  type Configuration,
  configurationOf,
  type ConfigurationPorts,
} from '../deployments/configuration.js';
import { isBeingRemoved } from '../deployments/resources.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { cleanupSince, type Environment, isActive, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { noticePullRequest } from '../observations/observe.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { TokenPorts } from '../people/api-token.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { ReachableRepository, RepositoryPorts } from '../repositories/model.js';
import { rememberDelivered } from '../secrets/delivered.js';
import type { SecretPorts } from '../secrets/store.js';
import { VitrineError } from '../shared/errors.js';
import type { AddressPorts } from '../shared/preview-url.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';
import { DEPLOYMENT } from '../shared/status/deployment.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { findRepo } from './find.js';
import { type Identity, requireOwnRun, requireUnusedToken } from './identity.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  TokenPorts &
  TargetPorts &
  AuditPorts &
  ConfigurationPorts &
  SecretPorts &
  Tools &
  AddressPorts;

interface RemovalRequest {
  readonly pullRequest: number;
  readonly run: RunRef;
  readonly project?: string | undefined;
  /** The run was started by the end of the pull request, whose webhook may not have arrived yet. */
  readonly closed: boolean;
}

interface Asked<Body> {
  readonly identity: Identity;
  readonly body: Body;
}

/** What the run has to remove. */
export interface Removal extends Pick<Configuration, 'variables' | 'secrets'> {
  readonly environment: StoredEnvironment;
  readonly resource: Resource;
}

export interface Removals {
  readonly removals: readonly Removal[];
  /** What another run removes at the moment. */
  readonly busy: number;
  /** The pull request still has a preview, so only what it replaced may go. */
  readonly live: boolean;
}

/**
 * Gives a workflow run what only a run can remove, and notes that it does. Nothing is given away while a deployment of the same preview is
 * under way: with one name for both, the removal would take the new one with it. A repeated request of the same run gets the same answer.
 */
export async function startRemovals(
  ports: Ports,
  { identity, body }: Asked<RemovalRequest>,
): Promise<Removals> {
  requireOwnRun(identity, body.run);
  const repo = await findRepo(ports, identity);
  refuseOtherPlace(identity, { repo, number: body.pullRequest });
  await requireUnusedToken(ports, identity);
  if (body.closed) await noticeEnd(ports, { repo, identity, number: body.pullRequest });
  const environments = (await ports.environments.ofPullRequest(repo.id, body.pullRequest)).filter(
    ({ project }) => body.project === undefined || project === body.project,
  );
  const all = await Promise.all(
    environments.map((environment) => take(ports, { environment, run: body.run, identity })),
  );
  return {
    removals: all.flatMap(({ removals }) => removals),
    busy: all.reduce((sum, { busy }) => sum + busy, 0),
    live: environments.some(isActive),
  };
}

interface Place {
  readonly repo: ReachableRepository;
  readonly number: number;
}

/** A run of a pull request speaks for that one. One of a branch must belong to the default branch, unless a merge started it. */
function refuseOtherPlace({ pullRequest, branch, eventName }: Identity, { repo, number }: Place): void {
  if (pullRequest === number) return;
  if (pullRequest !== null)
    throw new VitrineError(
      'forbidden',
      `The workflow's identity is for pull request #${pullRequest}, not #${number}.`,
    );
  if (branch !== undefined && (eventName === 'pull_request' || branch === repo.defaultBranch)) return;
  throw new VitrineError(
    'forbidden',
    'A workflow that is started by hand or by a schedule may remove previews from the default branch only: start it there.',
  );
}

async function noticeEnd(
  ports: Ports,
  { repo, identity, number }: Place & { identity: Identity },
): Promise<void> {
  const known = await ports.environments.ofPullRequest(repo.id, number);
  if (!known.some(isActive)) return;
  const sender = { id: identity.actorId, login: identity.actor };
  const source = { kind: 'run', id: identity.runId } as const;
  await noticePullRequest(ports, { repo, number, sender, source });
}

interface Taking {
  readonly environment: StoredEnvironment;
  readonly run: RunRef;
  readonly identity: Identity;
}

async function take(ports: Ports, { environment, run, identity }: Taking): Promise<Omit<Removals, 'live'>> {
  const now = ports.clock.now();
  const isOurs = ({ doomed, target }: Resource) => doomed && ports.targets.get(target)?.runsIn === 'ci';
  const isBusy = (one: Resource) => isBeingRemoved(one, now) && !sameRun(one.cleanup?.run ?? null, run);
  const ended = await endedAttempt(ports, environment);
  const written = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const free = seen.resources.filter((one) => isOurs(one) && !isBusy(one));
      if (free.length === 0 || isDeploying(seen, ended)) return null;
      const resources = withoutSilent(seen, free).map((one) =>
        free.includes(one) ? takenBy(one, { run, now }) : one,
      );
      return { patch: { resources }, due: ['report'] };
    },
  });
  const doomed = written.resources.filter(isOurs);
  const mine = doomed.filter(({ cleanup }) => sameRun(cleanup?.run ?? null, run));
  const given = mine.length > 0 ? await configurationFor(ports, { environment: written, identity }) : NOTHING;
  for (const { deploymentId } of mine)
    await rememberDelivered(ports, { deploymentId, values: Object.values(given.secrets) });
  return {
    removals: mine.map((resource) => ({ environment: written, resource, ...given })),
    busy: doomed.filter(isBusy).length,
  };
}

type Given = Pick<Configuration, 'variables' | 'secrets'>;

const NOTHING: Given = { variables: {}, secrets: {} };

/**
 * The variables and secrets for a destroy command. A run of a pull request gets them only when the deployment of its newest commit did:
 * a commit that waits for approval brings a workflow of its own.
 */
async function configurationFor(
  ports: Ports,
  { environment, identity }: { environment: StoredEnvironment; identity: Identity },
): Promise<Given> {
  const { head, pullRequest } = environment;
  const deployment = head && (await ports.deployments.get(head.deploymentId));
  const trusted = deployment?.configuration !== undefined && deployment?.configuration !== null;
  if (identity.pullRequest !== null && !(trusted && head?.sha === pullRequest?.head.sha)) return NOTHING;
  try {
    const { variables, secrets } = await configurationOf(ports, environment);
    return { variables, secrets };
  } catch (error) {
    // What costs must go: the workflow may give the command what it needs.
    ports.log('warn', 'a preview is removed without its variables', { environment: environment.slug, error });
    return NOTHING;
  }
}

/** An attempt that never said what it made goes with the one that did. */
function withoutSilent({ resources }: Environment, free: readonly Resource[]): readonly Resource[] {
  if (!free.some(({ handle }) => handle !== null)) return resources;
  return resources.filter((one) => !free.includes(one) || one.handle !== null);
}

function takenBy(resource: Resource, { run, now }: { run: RunRef; now: Date }): Resource {
  const { since } = resource.cleanup ?? cleanupSince(now);
  return { ...resource, cleanup: { ...cleanupSince(since), run, startedAt: now } };
}

/** A run has announced a deployment of the newest commit, has not said yet what it made, and has not ended. */
function isDeploying({ head, resources }: Environment, ended: string | null): boolean {
  if (!head || head.deploymentId === ended) return false;
  return resources.some(
    ({ deploymentId, handle, doomed }) => deploymentId === head.deploymentId && handle === null && !doomed,
  );
}

/** The deployment of the newest commit, if it has ended. */
async function endedAttempt(ports: Ports, { head }: StoredEnvironment): Promise<string | null> {
  const deployment = head && (await ports.deployments.get(head.deploymentId));
  return deployment && DEPLOYMENT[deployment.status].settled ? deployment.id : null;
}

interface RemovalResult {
  readonly pullRequest: number;
  readonly run: RunRef;
  /** Why the resource is still there; null when it is gone. */
  readonly error: string | null;
  readonly logsUrl?: string | undefined;
}

/** The run has removed a resource, or could not. A repeated report changes nothing. */
export async function finishRemoval(
  ports: Ports,
  { identity, body, deploymentId }: Asked<RemovalResult> & { readonly deploymentId: string },
): Promise<StoredEnvironment> {
  requireOwnRun(identity, body.run);
  const repo = await findRepo(ports, identity);
  refuseOtherPlace(identity, { repo, number: body.pullRequest });
  const environment = await environmentOf(ports, { deploymentId, repoId: repo.id, number: body.pullRequest });
  await requireUnusedToken(ports, identity);
  return changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      const resource = seen.resources.find((one) => one.deploymentId === deploymentId && one.doomed);
      if (!resource) return null;
      if (!sameRun(resource.cleanup?.run ?? null, body.run)) throw notYours();
      const others = seen.resources.filter((one) => one !== resource);
      const resources = body.error === null ? others : [...others, failed(resource, body)];
      return { patch: { resources }, due: ['report', 'teardown'] };
    },
  });
}

function failed(resource: Resource, { error, logsUrl }: RemovalResult): Resource {
  const { cleanup } = resource;
  if (!cleanup) return resource;
  return {
    ...resource,
    cleanup: { ...cleanup, run: null, startedAt: null, error, logsUrl: logsUrl ?? null },
  };
}

function notYours(): VitrineError {
  return new VitrineError('conflict', 'Another workflow run removes this by now.');
}

interface Named {
  readonly deploymentId: string;
  readonly repoId: number;
  readonly number: number;
}

async function environmentOf(
  ports: Ports,
  { deploymentId, repoId, number }: Named,
): Promise<StoredEnvironment> {
  const deployment = await ports.deployments.get(deploymentId);
  const environment = deployment && (await ports.environments.get(deployment.environmentId));
  if (environment?.repoId === repoId && environment.pullRequest?.number === number) return environment;
  throw new VitrineError('not_found', `There is no deployment ${deploymentId} of this pull request.`);
}

/** An operator says that nothing is left of what the environment still waits for. */
export async function forgetLeftovers(
  ports: Pick<Ports, 'environments' | 'targets' | 'audit'>,
  { environmentId, actor }: { readonly environmentId: string; readonly actor: string },
): Promise<StoredEnvironment> {
  const isLeft = ({ doomed, target }: Resource) => doomed && ports.targets.get(target)?.runsIn === 'ci';
  let forgotten: readonly Resource[] = [];
  const written = await changeEnvironment(ports, {
    id: environmentId,
    plan: (seen) => {
      forgotten = seen.resources.filter(isLeft);
      if (forgotten.length === 0) return null;
      const resources = seen.resources.filter((one) => !isLeft(one));
      return { patch: { resources }, due: ['report', 'teardown'] };
    },
  });
  if (forgotten.length > 0)
    await ports.audit.record({
      actor,
      action: 'forget',
      subject: written.slug,
      detail: `Not waited for any more: ${forgotten.map(nameOf).join(', ')}.`,
    });
  return written;
}

function nameOf({ reach, deploymentId }: Resource): string {
  return reach?.kind === 'elsewhere' ? reach.url : `deployment ${deploymentId}`;
}
