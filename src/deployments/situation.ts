import { endOf, NO_END } from '../environments/expire.js';
import { type Environment, type Health, isActive, isUnwell, neverDeployed } from '../environments/model.js';
import type { Note } from '../environments/notes.js';
import { needsRerun } from '../environments/reasons.js';
import type { Decision } from '../pull-requests/decide/decision.js';
import { addressesOf, type ServiceAddress } from '../shared/reach.js';
import {
  DEPLOYMENT_STATUS,
  type DeploymentStatus,
  ENVIRONMENT_STATUS,
  type EnvironmentStatus,
} from '../shared/status/words.js';
import { type Attempt, attemptOf } from './attempt.js';
import { type Leftovers, leftoversOf } from './leftovers.js';
import type { Deployment } from './model.js';
import { type Protection, protectionOf } from './protection.js';
import { lifetimeOf, type Removal, removalOf } from './removal.js';

/** The cases that checks, comments, pages and the dashboard distinguish. Each of them has a table with one entry per kind. */
export type SituationKind =
  /** No workflow run has started on the commit. */
  | 'waiting'
  | 'awaiting-approval'
  | 'skipped-by-rule'
  /** A run works on the commit, and the preview shows nothing yet. */
  | 'building'
  /** A run works on the commit, and an earlier deployment is live. */
  | 'building-while-live'
  | 'live'
  | 'asleep'
  /** The build failed, and the preview shows nothing. */
  | 'build-failed'
  /** The build failed, and an earlier deployment is live. */
  | 'failed-while-live'
  | 'build-cancelled'
  /** Another run took over the newest commit. */
  | 'replaced'
  /** The commit is not the newest one. */
  | 'newer-commit'
  /** The commit was live once; its files are removed, and the preview shows another one. */
  | 'build-removed'
  | 'being-removed'
  | 'removed'
  /** The environment ended before anything was live. */
  | 'never-live';

interface LiveVersion {
  readonly url: string;
  readonly commit: Commit;
  readonly at: Date;
}

interface Commit {
  readonly sha: string;
  /** The page of the commit within its pull request; empty when there is no pull request. */
  readonly url: string;
}

/** All that people may see of an environment and of one commit in it. Null where a field does not apply or may not be shown. */
export interface Situation extends Attempt {
  readonly kind: SituationKind;
  readonly status: EnvironmentStatus | DeploymentStatus;
  readonly repository: string;
  readonly project: string;
  readonly environment: string;
  readonly pullRequest: { readonly number: number; readonly url: string } | null;
  readonly commit: Commit | null;
  readonly commitMessage: string | null;
  /** The URL of the environment, also when it shows nothing. */
  readonly url: string;
  /** The commit is live here. */
  readonly liveUrl: string | null;
  /** Services of the preview that are live at addresses of their own. */
  readonly addresses: readonly Pick<ServiceAddress, 'service' | 'url'>[];
  /** The commit will be live here. */
  readonly expectedUrl: string | null;
  /** The URL that keeps showing this commit. */
  readonly commitUrl: string | null;
  /** The older deployment that visitors see while the commit is not live. */
  readonly lastGood: LiveVersion | null;
  /** It has a URL of its own, and this server only links to it. */
  readonly elsewhere: boolean;
  /** It must be removed where the workflow deployed it. */
  readonly unmanaged: boolean;
  readonly leftovers: Leftovers | null;
  /** It was removed, and the last command of its settings failed. */
  readonly hookFailure: string | null;
  readonly protection: Protection;
  /** It is live, and does not answer as it should. */
  readonly health: Health | null;
  /** The decision that explains why there is no preview. */
  readonly reason: Pick<Decision, 'rule' | 'detail'> | null;
  /** The workflow may have run before the commit qualified: a person has to run it again. `maybe`: unless it starts by itself. */
  readonly rerun: 'needed' | 'maybe' | null;
  /** Where a person runs the workflow again. */
  readonly runsUrl: string | null;
  readonly notes: readonly Note[];
  readonly expiresAt: Date | null;
  readonly pinned: boolean;
  readonly lifetime: { readonly from: Date; readonly to: Date } | null;
  readonly removal: Removal | null;
  /** The last event that a reader would notice. `updatedAt` moves with every write, and a comment must not. */
  readonly changedAt: Date;
}

interface Subject {
  readonly environment: Environment;
  /** Null: there is none, or the environment as a whole is meant. */
  readonly deployment: Deployment | null;
  /** The commit, when it is not that of the deployment or the newest one. */
  readonly sha?: string;
}

/** The only place that decides what may be seen. Checks, comments and pages put the answer into words. */
export function situationOf(subject: Subject): Situation {
  const { environment, deployment } = subject;
  const { repository, project, name, url, current, pullRequest } = environment;
  const kind = kindOf(subject);
  const isLive = kind === 'live' || kind === 'asleep';
  const reach = (current ?? deployment)?.reach ?? null;
  const unmanaged = reach?.kind === 'elsewhere' && !reach.removable;
  const sha = shaOf(subject);
  return {
    kind,
    status: isActive(environment) && deployment ? deployment.status : environment.status,
    repository,
    project,
    environment: name,
    pullRequest: pullRequest && { number: pullRequest.number, url: pullRequest.url },
    commit: sha === undefined ? null : commitOf(environment, sha),
    commitMessage: deployment?.commitMessage ?? null,
    url,
    liveUrl: isLive ? (current?.url ?? url) : null,
    addresses: isLive ? addressesOf(current?.reach) : [],
    expectedUrl: kind === 'waiting' || kind === 'building' ? url : null,
    commitUrl: isLive ? (deployment?.commitUrl ?? null) : null,
    lastGood: kind === 'newer-commit' ? null : lastGoodOf(environment, deployment),
    elsewhere: reach?.kind === 'elsewhere',
    unmanaged,
    leftovers: leftoversOf(environment),
    protection: protectionOf(environment),
    health: isActive(environment) ? unwell(environment) : null,
    ...attemptOf(subject, { isBuilt: BUILT.includes(kind), hasFailed: FAILED.includes(kind) }),
    ...rerunOf(kind, environment),
    reason: reasonOf(kind, environment),
    notes: kind === 'newer-commit' ? [] : environment.notes,
    ...(isLive && !unmanaged ? endOf(environment) : NO_END),
    ...goneOf(environment, kind),
    changedAt: changedAt(environment, deployment),
  };
}

type Gone = Pick<Situation, 'lifetime' | 'removal' | 'hookFailure'>;

/** How it ended. */
function goneOf(environment: Environment, kind: SituationKind): Gone {
  const active = isActive(environment);
  return {
    lifetime: kind === 'removed' ? lifetimeOf(environment) : null,
    removal: active ? null : removalOf(environment),
    hookFailure: active ? null : (environment.hookFailure ?? null),
  };
}

function kindOf({ environment, deployment, sha }: Subject): SituationKind {
  const { status, head, current, decision } = environment;
  if (status === ENVIRONMENT_STATUS.destroyed) return neverDeployed(environment) ? 'never-live' : 'removed';
  if (!isActive(environment)) return 'being-removed';
  if (!deployment && sha !== undefined && head !== null && sha !== head.sha) return 'newer-commit';
  const isNewest = !deployment || head?.deploymentId === deployment.id;
  if (isNewest && decision?.action === 'skip') return 'skipped-by-rule';
  if (isNewest && decision?.action === 'hold') return 'awaiting-approval';
  if (!deployment) return kindOfStatus(KINDS[status], environment);
  if (deployment.status === DEPLOYMENT_STATUS.success) {
    if (!isNewest && current?.deploymentId !== deployment.id) return 'build-removed';
    return status === ENVIRONMENT_STATUS.sleeping ? 'asleep' : 'live';
  }
  if (deployment.status === DEPLOYMENT_STATUS.superseded) return isNewest ? 'replaced' : 'newer-commit';
  return kindOfStatus(DEPLOYMENT_KINDS[deployment.status], environment);
}

function kindOfStatus(kind: SituationKind, { current }: Environment): SituationKind {
  if (!current) return kind;
  if (kind === 'building') return 'building-while-live';
  return kind === 'build-failed' ? 'failed-while-live' : kind;
}

const KINDS: Readonly<Record<EnvironmentStatus, SituationKind>> = {
  [ENVIRONMENT_STATUS.pending]: 'waiting',
  [ENVIRONMENT_STATUS.awaitingApproval]: 'awaiting-approval',
  [ENVIRONMENT_STATUS.provisioning]: 'building',
  [ENVIRONMENT_STATUS.ready]: 'live',
  [ENVIRONMENT_STATUS.updating]: 'building',
  [ENVIRONMENT_STATUS.sleeping]: 'asleep',
  [ENVIRONMENT_STATUS.failed]: 'build-failed',
  [ENVIRONMENT_STATUS.destroying]: 'being-removed',
  [ENVIRONMENT_STATUS.destroyed]: 'removed',
};

const DEPLOYMENT_KINDS = {
  [DEPLOYMENT_STATUS.queued]: 'waiting',
  [DEPLOYMENT_STATUS.running]: 'building',
  [DEPLOYMENT_STATUS.failed]: 'build-failed',
  [DEPLOYMENT_STATUS.cancelled]: 'build-cancelled',
} as const;

function shaOf({ environment: { head }, deployment, sha }: Subject): string | undefined {
  if (sha !== undefined) return sha;
  return deployment && deployment.id !== head?.deploymentId ? deployment.sha : head?.sha;
}

function commitOf({ pullRequest }: Environment, sha: string): Commit {
  return { sha, url: pullRequest ? `${pullRequest.url}/commits/${sha}` : '' };
}

function unwell({ health, current }: Environment): Health | null {
  return health && isUnwell(health) && current ? health : null;
}

function lastGoodOf(environment: Environment, deployment: Deployment | null): LiveVersion | null {
  const { current, head } = environment;
  if (!current || !isActive(environment)) return null;
  if (current.sha === head?.sha && (deployment === null || current.deploymentId === deployment.id))
    return null;
  return { url: current.url, commit: commitOf(environment, current.sha), at: current.at };
}

/** A run has begun in these. */
const BUILT: readonly SituationKind[] = [
  ...(['building', 'building-while-live', 'live', 'asleep'] as const),
  ...(['build-failed', 'failed-while-live', 'build-cancelled'] as const),
];

const FAILED: readonly SituationKind[] = ['build-failed', 'failed-while-live'];

function rerunOf(kind: SituationKind, environment: Environment): Pick<Situation, 'rerun' | 'runsUrl'> {
  if (kind !== 'waiting' || !needsRerun(environment)) return { rerun: null, runsUrl: null };
  const { decision, pullRequest } = environment;
  return {
    rerun: decision?.rule === 'ready-for-review' ? 'maybe' : 'needed',
    runsUrl: pullRequest && `${pullRequest.url}/checks`,
  };
}

const WITHOUT_PREVIEW: readonly SituationKind[] = [
  ...(['awaiting-approval', 'skipped-by-rule', 'being-removed', 'removed', 'never-live'] as const),
];

function reasonOf(kind: SituationKind, { decision }: Environment): Situation['reason'] {
  if (!decision || decision.action === 'deploy' || !WITHOUT_PREVIEW.includes(kind)) return null;
  // These decisions speak of a preview that is removed, and there was none.
  const closed = decision.rule === 'closed' || decision.rule === 'merged';
  return kind === 'never-live' && closed ? null : { rule: decision.rule, detail: decision.detail };
}

function changedAt(environment: Environment, deployment: Deployment | null): Date {
  if (!isActive(environment))
    return environment.destroyedAt ?? deployment?.completedAt ?? environment.createdAt;
  const built = deployment && (deployment.completedAt ?? deployment.startedAt ?? deployment.createdAt);
  const changed = built ?? environment.head?.at ?? environment.createdAt;
  const looked = unwell(environment)?.since;
  return looked && looked > changed ? looked : changed;
}
