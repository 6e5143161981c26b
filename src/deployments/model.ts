import type { Creator, Environment, Head } from '../environments/model.js';
import type { Reach } from '../shared/reach.js';
import type { RunRef } from '../shared/run-ref.js';
import type { Cause } from '../shared/cause/cause.js';
import { type Stage, STAGE_NAMES, type StageName } from '../shared/status/stages.js';
import {
  DEPLOYMENT_STATUS,
  type DeploymentStatus,
  type EndedBy,
  STAGE_STATUS,
  type StageStatus,
} from '../shared/status/words.js';

/** One attempt to put one commit into an environment. */
export interface Deployment {
  readonly id: string;
  readonly environmentId: string;
  readonly projectId: string;
  readonly repoId: number;
  readonly generation: number;
  readonly sha: string;
  /** Null until a workflow run has claimed the deployment. */
  readonly run: RunRef | null;
  readonly status: DeploymentStatus;
  readonly stages: readonly Stage[];
  readonly branch: string;
  readonly commitMessage: string | null;
  readonly author: string | null;
  /** When the commit was made; null while it is not known. */
  readonly committedAt: Date | null;
  readonly creator: Creator;
  /** The login of who asked for it: the pusher, or who started the run again. */
  readonly triggeredBy: string | null;
  /** The name of the environment, and the pull request as it was then: they stay readable when both are gone. */
  readonly environment: string | null;
  readonly pullRequest: { readonly number: number; readonly title: string } | null;
  readonly target: string | null;
  readonly url: string | null;
  readonly commitUrl: string | null;
  readonly logsUrl: string | null;
  /** The uploaded directory, once it is complete. */
  readonly artifactRoot: string | null;
  /** Null until it is deployed. */
  readonly reach: Reach | null;
  /** What ended it; null while it waits or runs. */
  readonly endedBy: EndedBy | null;
  /** Why it was not successful, in a sentence for people. */
  readonly error: string | null;
  /** Last lines of the log of a failed stage, redacted, for the check and the comment. */
  readonly logTail: readonly string[];
  /** The first error in the log of a failed stage, redacted; null when the Action recognised none. */
  readonly cause: Cause | null;
  /** Of the variables and secrets that its run got: see `configurationOf`. */
  readonly configuration?: string | null | undefined;
  readonly production: boolean;
  readonly previousDeploymentId: string | null;
  readonly rollback: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly updatedAt: Date;
  /** Not shown in lists any more; it still counts in the statistics. */
  readonly deletedAt: Date | null;
  /** What the statistics count it as; null while it waits or runs. */
  readonly tally: Tally | null;
  /** What the statistics have not counted yet: written together with the status. */
  readonly endings: readonly Ending[];
}

/** How a deployment counts: by its end. */
export interface Tally {
  /** UTC, `2026-11-28`. */
  readonly day: string;
  readonly status: DeploymentStatus;
  /** From its start to its end; null when it never started. */
  readonly seconds: number | null;
  /** How long each stage of a successful one took; absent where none is known. */
  readonly stages?: Readonly<Partial<Record<StageName, number>>>;
}

/** A change of the counters, with a key that lets each be made once. */
export interface Ending extends Tally {
  readonly key: string;
  /** -1 takes an earlier ending back, because the deployment was reopened. */
  readonly by: 1 | -1;
}

export function pendingStages(): Stage[] {
  return STAGE_NAMES.map((name) => ({
    name,
    status: STAGE_STATUS.pending,
    startedAt: null,
    completedAt: null,
    error: null,
  }));
}

type Outcome = Pick<
  Deployment,
  'endedBy' | 'error' | 'completedAt' | 'stages' | 'logTail' | 'cause' | 'logsUrl'
>;

/** Resets what a failed attempt left behind, so that the deployment waits for a run again. */
export function waitingAgain(): Outcome {
  return {
    endedBy: null,
    error: null,
    completedAt: null,
    stages: pendingStages(),
    logTail: [],
    cause: null,
    logsUrl: null,
  };
}

/** Closes the open stages of an ended deployment: the running stage gets the outcome, the later ones are skipped. */
export function closeStages(
  stages: readonly Stage[],
  { open, at, error }: { open: StageStatus; at: Date; error: string | null },
): Stage[] {
  return stages.map((stage) => {
    if (stage.status === STAGE_STATUS.pending) return { ...stage, status: STAGE_STATUS.skipped };
    if (stage.status !== STAGE_STATUS.inProgress) return stage;
    return {
      ...stage,
      status: open,
      completedAt: at,
      error: open === STAGE_STATUS.failed ? error : stage.error,
    };
  });
}

/** Merges the stages that a run reports. An ended stage keeps its status, so a late or repeated report is harmless. */
export function mergeStages(known: readonly Stage[], reported: readonly Stage[]): Stage[] {
  return known.map((stage) => {
    const news = reported.find((candidate) => candidate.name === stage.name);
    if (!news || rank(stage.status) === ENDED || rank(news.status) < rank(stage.status)) return stage;
    return { ...news, startedAt: stage.startedAt ?? news.startedAt };
  });
}

const ENDED = 2;

function rank(status: StageStatus): number {
  if (status === STAGE_STATUS.pending) return 0;
  return status === STAGE_STATUS.inProgress ? 1 : ENDED;
}

/** The fields that a new deployment starts with. */
export type NewDeployment = Pick<
  Deployment,
  | 'id'
  | 'environmentId'
  | 'projectId'
  | 'repoId'
  | 'generation'
  | 'sha'
  | 'run'
  | 'branch'
  | 'commitMessage'
  | 'author'
  | 'creator'
  | 'previousDeploymentId'
> &
  Partial<
    Pick<
      Deployment,
      'committedAt' | 'triggeredBy' | 'environment' | 'pullRequest' | 'production' | 'rollback'
    >
  >;

/** The name of the environment that users of a product see. */
const PRODUCTION = 'production';

/** A new, unclaimed deployment for the head of an environment. */
export function deploymentOfHead(environment: Environment, head: Head): NewDeployment {
  const { deploymentId, sha, creator = 'webhook' } = head;
  const { id: environmentId, projectId, repoId, generation, pullRequest, current, name } = environment;
  return {
    id: deploymentId,
    environmentId,
    projectId,
    repoId,
    generation,
    sha,
    run: null,
    branch: pullRequest?.head.ref ?? name,
    commitMessage: pullRequest?.commitMessage ?? null,
    author: pullRequest?.author.login ?? null,
    committedAt: pullRequest?.committedAt ?? null,
    creator,
    triggeredBy: head.triggeredBy ?? head.by?.login ?? null,
    environment: name,
    pullRequest: pullRequest && { number: pullRequest.number, title: pullRequest.title },
    production: name === PRODUCTION,
    previousDeploymentId: current?.deploymentId ?? null,
  };
}

export function freshDeployment(known: NewDeployment, at: Date): Deployment {
  return {
    ...LATER_FIELDS,
    rollback: false,
    ...known,
    status: DEPLOYMENT_STATUS.queued,
    stages: pendingStages(),
    target: null,
    url: null,
    commitUrl: null,
    logsUrl: null,
    artifactRoot: null,
    reach: null,
    endedBy: null,
    error: null,
    logTail: [],
    cause: null,
    createdAt: at,
    startedAt: null,
    completedAt: null,
    updatedAt: at,
    deletedAt: null,
  };
}

/** Fields that documents of an older version lack. */
export const LATER_FIELDS = {
  cause: null,
  committedAt: null,
  triggeredBy: null,
  environment: null,
  pullRequest: null,
  production: false,
  tally: null,
  endings: [],
} as const satisfies Partial<Deployment>;
