import type { Decision } from '../pull-requests/decide/decision.js';
import type { PullRequestFacts } from '../pull-requests/facts.js';
import type { SettingsText } from '../settings/read.js';
import type { AccessMode } from '../shared/preview-access.js';
import type { Settings } from '../settings/settings.js';
import type { HealthState, Reach } from '../shared/reach.js';
import type { RunRef } from '../shared/run-ref.js';
import { nextEnvironment } from '../shared/status/environment.js';
import { type EnvironmentStatus, GONE_ENVIRONMENTS } from '../shared/status/words.js';
import type { Note } from './notes.js';

/** Who or what asked for a deployment: a person, a webhook, or a loop of the server. */
export const CREATORS = ['webhook', 'manual', 'scheduled'] as const;
export type Creator = (typeof CREATORS)[number];

/** The account that pushed a commit, or the author of the pull request when GitHub does not name the pusher. */
export interface Pusher {
  readonly login: string;
  readonly isBot: boolean;
}

/** The commit an environment should show: the newest one the pull request was seen to have. */
export interface Head {
  readonly sha: string;
  /** Chosen together with the head in one write, so that racing observers agree on one deployment. */
  readonly deploymentId: string;
  readonly at: Date;
  readonly by?: Pusher | undefined;
  /** Of its deployment; a webhook unless it is said. */
  readonly creator?: Creator | undefined;
  /** Who asked for its deployment; who pushed it unless it is said. */
  readonly triggeredBy?: string | undefined;
  /** The commit's `.github/preview.yml`, null when it has none; read when a run begins to build it. */
  readonly settingsFile?: SettingsText | null | undefined;
  /**
   * The access that the newest settings file of the pull request asks for, as far as one was read: it counts until the file of a newer
   * commit is read, so that what is live stays protected meanwhile.
   */
  readonly access?: AccessMode | null | undefined;
  /** The deployment whose run writes its own check run, because it does not report to the server. */
  readonly selfReported?: string | undefined;
  /** A person asked to deploy the commit again: the deployment that its run begins next is theirs. */
  readonly redeploy?: { readonly by: string; readonly at: Date } | undefined;
}

/** What the environment's URL shows now: the last good deployment. */
interface Current {
  readonly deploymentId: string;
  readonly sha: string;
  readonly url: string;
  readonly reach: Reach;
  readonly at: Date;
  /** Of the variables and secrets that it was built with: it tells whether they were changed since. */
  readonly configuration?: string | null | undefined;
}

/** A resource that a target made for this environment and must destroy later. */
export interface Resource {
  readonly target: string;
  readonly generation: number;
  readonly deploymentId: string;
  /** The uploaded directory that it was made from, so that its files are kept as long as it lives. */
  readonly artifactRoot: string | null;
  /** Null until the target has made it. */
  readonly reach: Reach | null;
  /** Set when it must go: on tear-down, or because a newer head won while it was being made. */
  readonly doomed: boolean;
  /** The target's own JSON for finding it again; null until the target has made it. */
  readonly handle: unknown;
  /** The deployment that takes its place once that is live. */
  readonly replacedBy?: string | undefined;
  /** Set when it is doomed and only a workflow run can remove it. */
  readonly cleanup?: Cleanup | undefined;
}

/** How far the removal by a workflow run is. */
export interface Cleanup {
  /** Since when it waits for a run. */
  readonly since: Date;
  /** The run that removes it now, and since when. */
  readonly run: RunRef | null;
  readonly startedAt: Date | null;
  /** How the last attempt failed. */
  readonly error: string | null;
  readonly logsUrl: string | null;
  /** No run came in time: the environment does not wait for it any more. */
  readonly abandonedAt: Date | null;
}

/** It waits for a workflow run, and none has come yet. */
export function cleanupSince(since: Date): Cleanup {
  return { since, run: null, startedAt: null, error: null, logsUrl: null, abandonedAt: null };
}

/** The program of `current` was stopped because it had no visitors, or is about to be. The status may say that a newer one is built. */
export interface Sleep {
  readonly since: Date;
  /** Null until it was stopped. */
  readonly stoppedAt: Date | null;
  /** When the last attempt to wake it failed, and null otherwise. */
  readonly failedAt: Date | null;
}

export interface Pin {
  readonly by: string;
  readonly at: Date;
}

/** What the health loop found, and since when. */
export interface Health {
  readonly state: HealthState;
  readonly detail: string | null;
  readonly since: Date;
}

/** It does not answer as it should. */
export function isUnwell(health: Pick<Health, 'state'> | null | undefined): boolean {
  return health?.state === 'unhealthy' || health?.state === 'gone';
}

export interface ReportedCheck {
  readonly sha: string;
  readonly id: number | null;
  readonly digest: string;
  /** Reported as completed. GitHub cannot reopen it, so later work needs a new check run. */
  readonly settled: boolean;
  /** Which check run of ours for this commit it is, from 1. */
  readonly attempt?: number;
  readonly deploymentId?: string;
  /** It speaks for all projects of the pull request. */
  readonly ofAll?: true;
}

export interface ReportedDeployment {
  readonly deploymentId: string;
  readonly id: number | null;
  readonly digest: string;
  readonly settled: boolean;
}

/** Parts of a report that GitHub rejected. They are not sent again before the document changes. */
export interface Refused {
  /** `due.report.wanted` when it was refused. */
  readonly wanted: number;
  readonly parts: readonly { readonly part: string; readonly message: string }[];
}

/** What GitHub was last told, so that only differences are sent. Only the holder of the claim on the report writes it. */
export interface Reported {
  readonly checks: readonly ReportedCheck[];
  readonly deployments: readonly ReportedDeployment[];
  readonly commitStatus: string | null;
  readonly comment: { readonly id: number | null; readonly digest: string } | null;
  /** The environment's `reportEpoch` when this was sent. */
  readonly reportEpoch?: number;
  readonly refused?: Refused | null;
}

export const PROJECTIONS = ['report', 'teardown', 'screenshot'] as const;
export type Projection = (typeof PROJECTIONS)[number];

/** When a projection must next be reconciled, and how often that failed. `wanted` grows with every change. */
export interface Due {
  readonly at: Date | null;
  readonly wanted: number;
  readonly attempts: number;
  readonly error: string | null;
}

/** One place where a project runs: `pr-42`, `staging`. GitHub reports and target resources are projections of this document. */
export interface Environment {
  readonly id: string;
  readonly projectId: string;
  readonly project: string;
  readonly repoId: number;
  readonly repository: string;
  readonly installationId: number | null;
  readonly name: string;
  /** Host label and namespace: unique on this server, never changes. */
  readonly slug: string;
  readonly url: string;
  readonly status: EnvironmentStatus;
  readonly generation: number;
  readonly decision: Decision | null;
  /** The policy that was in force when the pull request was last looked at. */
  readonly settings: Settings | null;
  /** Ignored keys and mistakes in the settings file, and in the newest upload. */
  readonly notes: readonly Note[];
  readonly approvedSha: string | null;
  /** Why its hook `destroyed` failed, where it has ended. */
  readonly hookFailure?: string | null | undefined;
  readonly pullRequest: PullRequestFacts | null;
  readonly head: Head | null;
  /** When it began to count towards the project's limit of previews. */
  readonly admittedAt?: Date | null | undefined;
  readonly current: Current | null;
  /** Of `current`; null until it was looked at. */
  readonly health?: Health | null | undefined;
  /** Of `current`: a visitor was there then. Processes write it now and then, so it may be a minute old. */
  readonly activeAt?: Date | null | undefined;
  /** Of `current`; null while its program runs. */
  readonly asleep?: Sleep | null | undefined;
  readonly resources: readonly Resource[];
  readonly error: string | null;
  readonly reported: Reported;
  /** Grows when everything must be reported to GitHub again, because GitHub may show something else than was sent. */
  readonly reportEpoch?: number;
  readonly due: Readonly<Record<Projection, Due>>;
  readonly expiresAt: Date | null;
  /** Who keeps it from expiring and from giving way, and since when. Read it by `isPinned`. */
  readonly pinned?: Pin | null | undefined;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deployedAt: Date | null;
  readonly destroyedAt: Date | null;
}

/** Only the newest generation may move the URL, the comment or the check. */
export function isNewest(environment: Environment, generation: number): boolean {
  return environment.generation === generation;
}

/** Neither destroyed nor being destroyed. */
export function isActive(environment: Pick<Environment, 'status'>): boolean {
  return !GONE_ENVIRONMENTS.includes(environment.status);
}

/** A person keeps it. The end of its pull request ends that too, also where a label keeps the preview a while longer. */
export function isPinned({
  pinned,
  pullRequest,
}: Partial<Pick<Environment, 'pinned' | 'pullRequest'>>): boolean {
  return !!pinned && pullRequest?.state !== 'closed';
}

/** Ended before there was anything to show: held, failed or closed. */
export function neverDeployed({ deployedAt, current }: Pick<Environment, 'deployedAt' | 'current'>): boolean {
  return deployedAt === null && current === null;
}

/** One that counts towards the limit of its project: it shows or awaits a deployment. */
export function isAdmitted({ status, decision }: Pick<Environment, 'status' | 'decision'>): boolean {
  return isActive({ status }) && decision?.action === 'deploy';
}

/** The status once the build under way is given up; undefined when there is none. */
export function abandoned({
  status,
  current,
}: Pick<Environment, 'status' | 'current'>): EnvironmentStatus | undefined {
  return nextEnvironment(status, current ? 'abandon' : 'withdraw');
}

/** The deployment a run may still finish: made for the newest generation of an environment that is not going away. */
export function isHeadDeployment(
  environment: Environment,
  deployment: { readonly id: string; readonly generation: number },
): boolean {
  return (
    isActive(environment) &&
    environment.head?.deploymentId === deployment.id &&
    isNewest(environment, deployment.generation)
  );
}
