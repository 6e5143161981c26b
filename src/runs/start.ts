import { issueBypass } from '../access/links.js';
import type { PreviewAccessPorts } from '../access/store.js';
import type { Configuration, ConfigurationPorts } from '../deployments/configuration.js';
import { startProblem } from '../deployments/publish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { isActive } from '../environments/model.js';
import { removedReason } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { noticePullRequest, observePullRequest } from '../observations/observe.js';
import { type TokenPorts, createToken } from '../people/api-token.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { Decision } from '../pull-requests/decide/decision.js';
import { NOTICED } from '../pull-requests/decide/input.js';
import {
  type GitHubFailure,
  type GitHubPorts,
  hasLostAccess,
  isGitHubFailure,
} from '../repositories/github.js';
import { isReachable, type RepositoryPorts } from '../repositories/model.js';
import { readAccessMode } from '../repositories/preview-access.js';
import { rememberDelivered } from '../secrets/delivered.js';
import type { SecretPorts } from '../secrets/store.js';
import { messageOf, VitrineError } from '../shared/errors.js';
import type { AddressPorts } from '../shared/preview-url.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { type BuildPlan, buildPlan } from './build-plan.js';
import { type Claimed, claimRun, refuseTaken } from './claim.js';
import { configureRun } from './configure.js';
import { findHead } from './find.js';
import { type Identity, consumeIdentityToken, requireOwnRun, requireUnusedToken } from './identity.js';
import { isRequestError, refuseRun, refuseTooMany, refuseWaiting } from './refuse.js';
import { endedWithoutResult, reopenSilent } from './revive.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  TokenPorts &
  TargetPorts &
  ConfigurationPorts &
  SecretPorts &
  Pick<PreviewAccessPorts, 'previewLinks'> &
  Tools &
  AddressPorts;

interface StartRequest {
  readonly sha: string;
  readonly pullRequest: number;
  readonly run: RunRef;
  readonly project?: string | undefined;
  readonly target?: string | undefined;
  readonly commitMessage?: string | undefined;
  readonly logsUrl?: string | undefined;
  /** The names of variables and secrets that the workflow gives to its commands itself. */
  readonly provides?: readonly string[] | undefined;
}

export type Started =
  | {
      readonly proceed: true;
      readonly token: string;
      readonly tokenExpiresAt: Date;
      /** Opens the protected preview; null for a public one. */
      readonly bypassToken: string | null;
      readonly deployment: StoredDeployment;
      readonly environment: StoredEnvironment;
      readonly plan: BuildPlan;
    }
  | { readonly proceed: false; readonly environment: StoredEnvironment | null; readonly decision: Decision };

/** Longer than a run goes without a request. After that, the run must present a new identity token. */
const TOKEN_LIFE_MS = 15 * 60_000;

/**
 * Lets a workflow run claim the deployment of its commit. The identity proves repository, pull request and run, but not the commit,
 * which must be the newest head that the server knows. A repeated request of the same run changes nothing.
 */
export async function startDeployment(
  ports: Ports,
  { identity, body }: { identity: Identity; body: StartRequest },
): Promise<Started> {
  checkClaims(identity, body);
  const known = await headOf(ports, { identity, body });
  const environment = await lookBeforeBuild(ports, { identity, body, environment: known });
  const refused = refusal(environment);
  if (refused?.rule === 'permission-unknown') requirePatience(ports, environment);
  if (refused) return { proceed: false, environment, decision: refused };
  const { head } = environment;
  const deployment = head && (await ports.deployments.get(head.deploymentId));
  refuseTaken({ run: body.run, from: deployment?.run ?? null });
  await requireUnusedToken(ports, identity);
  await refuseTooMany(ports, { environment, deployment, run: body.run });
  const reason = startProblem(ports, { environment, asked: body.target });
  if (reason !== null) throw await refuseRun(ports, { environment, body, reason });
  if (deployment && endedWithoutResult(deployment, body.run))
    await reopenSilent(ports, { environment, run: body.run });
  const configuration = await configureRun(ports, { environment, body });
  const run = { ...body.run, ...(identity.workflow ? { workflow: identity.workflow } : {}) };
  const asked = { ...body, run, actor: identity.actor, configuration: configuration.fingerprint };
  const claimed = await claimRun(ports, { environment, body: asked });
  const values = Object.values(configuration.secrets);
  // Before the run has them: what it reports is searched for them.
  await rememberDelivered(ports, { deploymentId: claimed.deployment.id, values });
  const issued = await issueToken(ports, claimed.deployment);
  return {
    proceed: true,
    ...claimed,
    ...issued,
    bypassToken: await bypassOf(ports, claimed),
    plan: planFor(ports, { ...claimed, configuration }),
  };
}

/** GitHub says soon what a person may do, unless it has nothing to say: after this the run ends, and a person must approve. */
const PATIENCE_MS = 3 * 60_000;

/** The run asks again: as long as GitHub does not say what the author may do, neither a refusal nor a build would be right. */
function requirePatience({ clock }: Ports, { head }: StoredEnvironment): void {
  if (head && clock.now().getTime() - head.at.getTime() > PATIENCE_MS) return;
  throw new VitrineError(
    'unavailable',
    'GitHub did not say what the author of this commit may do in the repository. It is asked again.',
  );
}

function planFor(
  { targets, defaultTarget, publicUrl }: Ports,
  { environment, deployment, configuration }: Claimed & { configuration: Configuration },
): BuildPlan {
  const target = deployment.target ?? defaultTarget;
  const { takes = 'files', starts = false } = targets.get(target) ?? {};
  return buildPlan({ environment, target, takes, starts, publicUrl, configuration });
}

interface Start {
  readonly identity: Identity;
  readonly body: StartRequest;
}

async function headOf(ports: Ports, { identity, body }: Start): Promise<StoredEnvironment> {
  try {
    return await findHead(ports, { identity, body });
  } catch (error) {
    if (hasLostAccess(error) || isLimit(error)) throw notShown(error);
    // Only the token's first use may fail the waiting deployment.
    if (isRequestError(error) && (await consumeIdentityToken(ports, identity))) {
      const { sha, pullRequest: number } = body;
      await refuseWaiting(ports, { repoId: identity.repoId, number, sha, error });
    }
    throw error;
  }
}

/** GitHub lets the server wait. The run is not told to wait as long as after a limit of our own. */
function isLimit(error: unknown): boolean {
  return isGitHubFailure(error) && error.kind === 'retry';
}

/** The identity of the run proves that the pull request exists, so GitHub's refusal may pass: the Action tries again. */
function notShown(cause: unknown): VitrineError {
  const reason = `GitHub does not show this pull request to the server just now: ${messageOf(cause)}.`;
  return new VitrineError('unavailable', reason, { cause });
}

/**
 * Looks at everything once more before a run builds: the newest policy, the settings file of the commit and its message. So a lost
 * webhook costs minutes, and never a deployment that the default branch forbids. A run that would be refused also has the pull request
 * read: it may have started before its webhook arrived, or GitHub may not have said before what the author may do.
 */
async function lookBeforeBuild(
  ports: Ports,
  { identity, body, environment }: Start & { environment: StoredEnvironment },
): Promise<StoredEnvironment> {
  const { pullRequest } = environment;
  const repo = await ports.repos.get(identity.repoId);
  if (!repo || !isReachable(repo) || !pullRequest || (await hasClaimed(ports, { environment, body })))
    return environment;
  const seen = {
    repo,
    sender: { id: identity.actorId, login: identity.actor },
    beforeBuild: true,
    source: { kind: 'run', id: body.run.id },
  } as const;
  const refused = mayBeRefused(ports, { environment, body });
  try {
    if (refused) await noticePullRequest(ports, { ...seen, number: body.pullRequest });
    else await observePullRequest(ports, { ...seen, action: NOTICED, facts: pullRequest });
  } catch (error) {
    if (!isGitHubFailure(error)) throw error;
    // What is refused can be refused without GitHub; what is accepted must not be built by an old policy.
    if (!refused) throw notLookedAt(error);
    ports.log('warn', 'The pull request could not be looked at again', {
      environment: environment.slug,
      error,
    });
  }
  return (await ports.environments.get(environment.id)) ?? environment;
}

function mayBeRefused(
  ports: Ports,
  { environment, body }: { environment: StoredEnvironment; body: StartRequest },
): boolean {
  const accepted = isActive(environment) && environment.decision?.action === 'deploy';
  return !accepted || startProblem(ports, { environment, asked: body.target }) !== null;
}

/** The run repeats its request. */
async function hasClaimed(
  ports: Ports,
  { environment: { head }, body }: { environment: StoredEnvironment; body: StartRequest },
): Promise<boolean> {
  const deployment = head && (await ports.deployments.get(head.deploymentId));
  return deployment?.run ? sameRun(deployment.run, body.run) : false;
}

/** The run asks again: it must not build by a policy that could not be read. */
function notLookedAt(cause: GitHubFailure): VitrineError {
  return new VitrineError(
    'unavailable',
    `The newest settings could not be read, so nothing is built yet. ${cause.message}`,
    { cause },
  );
}

function checkClaims(identity: Identity, body: StartRequest): void {
  if (identity.pullRequest !== body.pullRequest) {
    throw new VitrineError(
      'forbidden',
      `The workflow's identity is for pull request #${identity.pullRequest ?? 'none'}, not #${body.pullRequest}.`,
    );
  }
  requireOwnRun(identity, body.run);
}

function refusal(environment: StoredEnvironment): Decision | null {
  if (!isActive(environment)) {
    throw new VitrineError('environment_gone', removedReason(environment));
  }
  const { decision } = environment;
  return decision && decision.action !== 'deploy' ? decision : null;
}

/** The run visits the preview before it is live, and its tests do afterwards. */
async function bypassOf(ports: Ports, { environment, deployment }: Claimed): Promise<string | null> {
  if ((await readAccessMode(ports, environment)) === 'public') return null;
  return issueBypass(ports, { environment, createdBy: `run ${deployment.run?.id ?? deployment.id}` });
}

async function issueToken(
  ports: Ports,
  deployment: StoredDeployment,
): Promise<{ token: string; tokenExpiresAt: Date }> {
  const { token, hash } = createToken('vtr');
  const tokenExpiresAt = new Date(ports.clock.now().getTime() + TOKEN_LIFE_MS);
  await ports.tokens.issue({
    hash,
    scope: { kind: 'run', deploymentId: deployment.id, repoId: deployment.repoId },
    expiresAt: tokenExpiresAt,
  });
  return { token, tokenExpiresAt };
}
