import { ensureHeadDeployment } from '../deployments/change.js';
import { configurationOf, type ConfigurationPorts } from '../deployments/configuration.js';
import { failDeployment } from '../deployments/finish.js';
import { type Leak, leaksOf, placeOf } from '../deployments/leaks.js';
import { runFor } from '../deployments/publish.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { destroyEnvironment } from '../environments/destroy.js';
import { isExpired } from '../environments/expire.js';
import { BY_SERVER, SERVER_ACTOR } from '../environments/history.js';
import { activeEnvironments, listedEnvironments } from '../environments/list.js';
import { type Environment, isActive, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { NotificationPorts } from '../notifications/notification.js';
import type { TokenPorts } from '../people/api-token.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { PreviewAccessPorts } from '../access/store.js';
import type { InvitationPorts } from '../people/invitation.js';
import type { PasswordStorePorts } from '../people/password.js';
import type { SessionPorts } from '../people/session.js';
import type { SignInPorts } from '../people/sign-in.js';
import type { IdempotencyPorts } from '../people/idempotency.js';
import type { RequestRatePorts } from '../people/request-rates.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { RULES } from '../pull-requests/decide/rules.js';
import type { GitHubPorts } from '../repositories/github.js';
import { isReachable, type RepositoryPorts } from '../repositories/model.js';
import type { AddressPorts } from '../shared/preview-url.js';
import { ENDED_BY, ENVIRONMENT_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { Target, TargetPorts } from '../targets/target.js';
import { sweepImages } from '../images/sweep.js';
import type { ImagePorts, ImageUploadPorts } from '../images/store.js';
import { sweepScreenshots } from '../screenshots/remove.js';
import type { ScreenshotPorts } from '../screenshots/screenshot.js';
import { sweepFiles } from '../uploads/forget.js';
import type { ArtifactPorts, BlobPorts, OtherBlobPorts } from '../uploads/store.js';
import { forEachIsolated } from './for-each-isolated.js';
import { sweepOrRemove } from './sweep-repository.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  TokenPorts &
  SessionPorts &
  SignInPorts &
  InvitationPorts &
  Pick<PreviewAccessPorts, 'previewLinks'> &
  PasswordStorePorts &
  NotificationPorts &
  AuditPorts &
  IdempotencyPorts &
  RequestRatePorts &
  ArtifactPorts &
  BlobPorts &
  OtherBlobPorts &
  ImagePorts &
  ImageUploadPorts &
  ScreenshotPorts &
  TargetPorts &
  ConfigurationPorts &
  Tools &
  AddressPorts;

interface Swept {
  readonly healed: number;
  readonly expired: number;
  readonly leaked: number;
}

/** Stores whose documents end at a date of their own. */
const EXPIRING = [
  ...(['tokens', 'sessions', 'pendingSignIns', 'idempotency', 'requestRates'] as const),
  ...(['verifications', 'passwordResets', 'invitations', 'previewLinks'] as const),
];

const NOTIFICATIONS_KEPT_MS = 30 * 24 * 60 * 60_000;

/** The clocks of several servers differ, so an expired token is deleted later than it stops being valid. */
const TOKEN_GRACE_MS = 60 * 60_000;

/**
 * Compares open pull requests, labelled resources and files with the documents, and corrects both sides, because webhooks may be lost.
 * Every part runs even when another one fails.
 */
export async function sweep(ports: Ports): Promise<Swept> {
  const before = new Date(ports.clock.now().getTime() - TOKEN_GRACE_MS);
  const isolated = (part: string, work: () => Promise<number>) =>
    forEachIsolated(ports, { items: [part], fields: { part }, work });
  const healed = await isolated('pull requests', () => sweepRepositories(ports));
  const expired = await isolated('expiry', () => sweepExpired(ports));
  await isolated('tear-downs', () => sweepTeardowns(ports));
  const leaked = await isolated('resources', () => sweepResources(ports));
  await isolated('vanished uploads', () => sweepVanished(ports));
  await isolated('images', () => sweepImages(ports));
  await isolated('screenshots', () => sweepScreenshots(ports));
  await isolated('files', () => sweepFiles(ports));
  for (const part of EXPIRING) await isolated(part, () => ports[part].deleteExpired(before));
  const monthAgo = new Date(ports.clock.now().getTime() - NOTIFICATIONS_KEPT_MS);
  await isolated('notifications', () => ports.notifications.deleteBefore(monthAgo));
  return { healed, expired, leaked };
}

async function sweepRepositories(ports: Ports): Promise<number> {
  const items = (await ports.repos.all()).filter(isReachable);
  const fields = { part: 'repository' };
  return forEachIsolated(ports, { items, fields, work: (repo) => sweepOrRemove(ports, repo) });
}

function sweepExpired(ports: Ports): Promise<number> {
  const now = ports.clock.now();
  const items = activeEnvironments(ports);
  const onlyIf = (seen: StoredEnvironment) => isExpired(seen, now);
  const work = async (environment: StoredEnvironment) => {
    if (!onlyIf(environment)) return 0;
    const request = {
      environmentId: environment.id,
      actor: SERVER_ACTOR,
      rule: 'expired',
      detail: RULES.expired.detail,
    } as const;
    return isActive(await destroyEnvironment(ports, { ...request, onlyIf })) ? 0 : 1;
  };
  return forEachIsolated(ports, { items, fields: { part: 'expiry' }, work });
}

/** A `destroying` environment without a due teardown would stay `destroying` for ever. */
function sweepTeardowns(ports: Ports): Promise<number> {
  const items = listedEnvironments(ports, { status: ENVIRONMENT_STATUS.destroying });
  const work = async (environment: StoredEnvironment) => {
    if (await abandonLate(ports, environment)) return 1;
    if (environment.due.teardown.at !== null) return 0;
    await ports.environments.markDue(environment.id, 'teardown');
    return 1;
  };
  return forEachIsolated(ports, { items, fields: { part: 'tear-downs' }, work });
}

/** Longer than a workflow stays broken unnoticed. What is given up then is listed by `GET /api/v1/leaks`. */
const ABANDON_MS = 14 * 24 * 60 * 60_000;

/** No workflow run removed it in two weeks: the environment ends without it, and says what is left. */
async function abandonLate(ports: Ports, environment: StoredEnvironment): Promise<boolean> {
  const now = ports.clock.now();
  const isLate = ({ cleanup }: Resource) =>
    cleanup !== undefined &&
    cleanup.abandonedAt === null &&
    now.getTime() - cleanup.since.getTime() >= ABANDON_MS;
  if (!environment.resources.some(isLate)) return false;
  await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.status !== ENVIRONMENT_STATUS.destroying || !seen.resources.some(isLate)) return null;
      const resources = seen.resources.map((one) =>
        one.cleanup && isLate(one) ? { ...one, cleanup: { ...one.cleanup, abandonedAt: now } } : one,
      );
      return { patch: { resources }, due: ['report', 'teardown'] };
    },
  });
  return true;
}

/** Removes resources that no environment names: the server crashed after it made them and before it stored their handles. */
function sweepResources(ports: Ports): Promise<number> {
  const fields = { part: 'targets' };
  return forEachIsolated(ports, {
    items: ports.targets.values(),
    fields,
    work: async (target) => (target.runsIn === 'server' ? sweepTarget(ports, target) : 0),
  });
}

function sweepTarget(ports: Ports, target: Target<unknown, unknown>): Promise<number> {
  const work = async ({ handle }: Leak) => {
    ports.log('warn', 'Removing a resource that no environment names', { target: target.name, handle });
    const slug = placeOf(handle)?.slug;
    const environment = slug === undefined ? null : await ports.environments.bySlug(slug);
    const environmentEnds = environment !== null && !isActive(environment);
    // What it does last needs its variables. It goes without them too.
    const configuration = environmentEnds
      ? await configurationOf(ports, environment).catch(() => null)
      : null;
    const run = runFor(ports, { target, configuration, about: 'sweep' });
    await target.destroy(handle, run, { environmentEnds });
    return 1;
  };
  return forEachIsolated(ports, { items: leaksOf(ports, target), fields: { target: target.name }, work });
}

const GONE =
  'The files of this preview are not on the server any more. Re-run the workflow, or push a commit, to build it again.';

/** Finds environments whose upload is no longer on the server. They say so, and how to get it back, instead of answering errors. */
function sweepVanished(ports: Ports): Promise<number> {
  return forEachIsolated(ports, {
    items: activeEnvironments(ports),
    fields: { part: 'vanished uploads' },
    work: (environment) => healVanished(ports, environment),
  });
}

async function healVanished(ports: Ports, environment: StoredEnvironment): Promise<number> {
  const reach = environment.current?.reach;
  if (reach?.kind !== 'files') return 0;
  const { root } = reach;
  const artifact = await ports.artifacts.findByRoot({ projectId: environment.projectId, root });
  if (artifact) return 0;
  const healed = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.current?.reach.kind !== 'files' || seen.current.reach.root !== root) return null;
      const doomed = seen.resources.map((one) =>
        one.artifactRoot === root ? { ...one, doomed: true } : one,
      );
      const patch = {
        current: null,
        resources: doomed,
        ...(showsHead(seen) ? newHeadDeployment(ports, seen) : {}),
      };
      const step = {
        action: 'fail',
        rule: ENDED_BY.lostFiles,
        detail: GONE,
        actor: SERVER_ACTOR,
        source: BY_SERVER,
      };
      return { patch, due: ['report', 'teardown'], step };
    },
  });
  if (showsHead(environment)) await failHeadDeployment(ports, healed);
  return 1;
}

function showsHead({ head, current }: Environment): boolean {
  return head !== null && head.deploymentId === current?.deploymentId;
}

/** The successful deployment stays in the history. The commit gets a new deployment, which a workflow run can take on. */
function newHeadDeployment(ports: Ports, { head, generation }: Environment) {
  if (!head) return {};
  return {
    generation: generation + 1,
    head: { ...head, deploymentId: ports.newId(), at: ports.clock.now(), creator: 'scheduled' as const },
  };
}

async function failHeadDeployment(ports: Ports, environment: StoredEnvironment): Promise<void> {
  const deployment = await ensureHeadDeployment(ports, { environment, run: null });
  const ending = { event: 'fail', endedBy: ENDED_BY.lostFiles, error: GONE } as const;
  if (deployment) await failDeployment(ports, { environment, deployment, ...ending });
}
