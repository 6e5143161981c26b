import { DEPLOYMENT } from '../shared/status/deployment.js';
import { type Stage, STAGE_NAMES, type StageName } from '../shared/status/stages.js';
import { DEPLOYMENT_STATUS, type DeploymentStatus, STAGE_STATUS } from '../shared/status/words.js';
import type { Ending, Tally } from './model.js';
import type { DeploymentPatch, StoredDeployment } from './store.js';

/** The counters of one day: of a project, or of the whole server. */
export interface DayStatistics {
  /** UTC, `2026-11-28`. */
  readonly day: string;
  /** How many deployments ended so. */
  readonly counts: Readonly<Partial<Record<DeploymentStatus, number>>>;
  /** Of successful deployments: how many fell into each class of `durationClass`. */
  readonly durations: Readonly<Record<string, number>>;
  /** The same of each of their stages. */
  readonly stages: Readonly<Partial<Record<StageName, Readonly<Record<string, number>>>>>;
  /** What was there when it was last measured on this day; null when it was not. */
  readonly measured: Measured | null;
}

/** What takes room, of a project or of the whole server. */
export interface Measured {
  readonly at: Date;
  /** Previews that show or await a deployment. */
  readonly previews: number;
  /** Files, each counted once however many deployments have it, without the compressed forms that the server makes of them. */
  readonly bytes: number;
  readonly files: number;
  /** What of it is what; missing where an older version measured. */
  readonly kinds?: Kinds;
  /** What the database takes for logs, as it is on the disk. Of the whole server. */
  readonly logBytes?: number;
}

export type KindOfRoom = 'uploads' | 'images' | 'pictures';

/** Uploaded files, images of the registry, and screenshots. What is of two kinds counts for both. */
export type Kinds = Readonly<Record<KindOfRoom, { readonly bytes: number; readonly count: number }>>;

export interface StatisticsStore {
  /** Counts an ending for its project and for the server. The same key counts once, also when another server repeats it. */
  count(ending: Ending, projectId: string): Promise<void>;
  /** From the first to the last day, both included; days without an end are left out. Without a project: of the server. */
  days(span: {
    readonly projectId?: string | undefined;
    readonly from: string;
    readonly to: string;
  }): Promise<readonly DayStatistics[]>;
  /** Writes down what was measured, in place of what was measured on this day before. Without a project: of the server. */
  measure(projectId: string | undefined, measured: Measured): Promise<void>;
  /** The projects that took most room on a day, the largest first. */
  largest(
    day: string,
    limit: number,
  ): Promise<readonly { readonly projectId: string; readonly bytes: number }[]>;
  /** Counts everything anew from the deployments, beside a running server too. Answers how many days were wrong. */
  recount(): Promise<{ readonly days: number; readonly corrected: number }>;
  deleteOfProject(projectId: string): Promise<void>;
}

export interface StatisticsPorts {
  readonly statistics: StatisticsStore;
}

/**
 * Adds to the write that ends or reopens a deployment what the counters have to learn of it. So the change of the status and the duty to
 * count it are one write: a crash loses neither, and only the writer whose compare-and-set succeeds adds an ending.
 */
export function withEnding(seen: StoredDeployment, patch: DeploymentPatch): DeploymentPatch {
  const { status = seen.status } = patch;
  const [was, is] = [DEPLOYMENT[seen.status].settled, DEPLOYMENT[status].settled];
  if (was === is) return patch;
  // No other write of this deployment has this version.
  const key = `${seen.id}.${seen.version}`;
  if (was)
    return seen.tally === null
      ? patch
      : { ...patch, tally: null, endings: [...seen.endings, { ...seen.tally, key, by: -1 }] };
  const tally = tallyOf({ ...seen, ...patch, status });
  return { ...patch, tally, endings: [...seen.endings, { ...tally, key, by: 1 }] };
}

type Ended = Pick<StoredDeployment, 'status' | 'startedAt' | 'completedAt' | 'updatedAt' | 'stages'>;

function tallyOf({ status, startedAt, completedAt, updatedAt, stages }: Ended): Tally {
  const end = completedAt ?? updatedAt;
  const seconds = startedAt && secondsBetween(startedAt, end);
  const tally = { day: dayOf(end), status, seconds };
  const known = status === DEPLOYMENT_STATUS.success ? stages.flatMap(timedStage) : [];
  return known.length === 0 ? tally : { ...tally, stages: Object.fromEntries(known) };
}

function timedStage({ name, status, startedAt, completedAt }: Stage): [StageName, number][] {
  const isTimed = status === STAGE_STATUS.completed && startedAt !== null && completedAt !== null;
  return isTimed ? [[name, secondsBetween(startedAt, completedAt)]] : [];
}

function secondsBetween(start: Date, end: Date): number {
  return Math.max(0, (end.getTime() - start.getTime()) / 1_000);
}

export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Each class of durations ends 10 % above the one before, so that a quantile is wrong by 5 % at most. */
const GROWTH = Math.log(1.1);

/** What is shorter is in the class of this: times are known to a millisecond. */
const SHORTEST_S = 0.001;

/** The class of a duration, as a field name; of those below a second it is negative, as `c-24`. */
export function durationClass(seconds: number): string {
  return `c${Math.round(Math.log(Math.max(SHORTEST_S, seconds)) / GROWTH)}`;
}

function secondsOf(name: string): number {
  return Math.exp(Number(name.slice(1)) * GROWTH);
}

/** Only successes have a build time: what failed at once would make the others look fast. */
export function durationOf({ status, seconds }: Tally): string | null {
  return status === DEPLOYMENT_STATUS.success && seconds !== null ? durationClass(seconds) : null;
}

/** The class of each stage, as a path of field names. */
export function stageClassesOf({ status, stages = {} }: Pick<Tally, 'status' | 'stages'>): readonly string[] {
  if (status !== DEPLOYMENT_STATUS.success) return [];
  return STAGE_NAMES.flatMap((name) => {
    const seconds = stages[name];
    return seconds === undefined ? [] : [`${name}.${durationClass(seconds)}`];
  });
}

interface StageSummary {
  readonly name: StageName;
  /** How many successful deployments had it. */
  readonly count: number;
  readonly medianSeconds: number;
  readonly p95Seconds: number;
}

/** How long the stages of successful deployments took, the slowest first. */
export function summarizeStages(days: readonly Pick<DayStatistics, 'stages'>[]): readonly StageSummary[] {
  return STAGE_NAMES.flatMap((name): StageSummary[] => {
    const durations = sumOf(days.map(({ stages }) => stages[name] ?? {}));
    const [medianSeconds, p95Seconds] = [quantileOf(durations, 0.5), quantileOf(durations, 0.95)];
    if (medianSeconds === null || p95Seconds === null) return [];
    const count = Object.values(durations).reduce((sum, one) => sum + one, 0);
    return [{ name, count, medianSeconds, p95Seconds }];
  }).sort((a, b) => b.medianSeconds - a.medianSeconds);
}

export interface Summary {
  readonly counts: Readonly<Partial<Record<DeploymentStatus, number>>>;
  /** Of those that succeeded or failed; null when there was none. */
  readonly successRate: number | null;
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
}

export function summarize(days: readonly Pick<DayStatistics, 'counts' | 'durations'>[]): Summary {
  const counts = sumOf(days.map((day) => day.counts));
  const durations = sumOf(days.map((day) => day.durations));
  const { [DEPLOYMENT_STATUS.success]: good = 0, [DEPLOYMENT_STATUS.failed]: bad = 0 } = counts;
  return {
    counts,
    successRate: good + bad === 0 ? null : good / (good + bad),
    medianSeconds: quantileOf(durations, 0.5),
    p95Seconds: quantileOf(durations, 0.95),
  };
}

function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, count] of all.flatMap((one) => Object.entries(one))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** The smallest duration that at least this share does not exceed, to three digits. */
function quantileOf(durations: Readonly<Record<string, number>>, share: number): number | null {
  const classes = Object.entries(durations)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ seconds: secondsOf(name), count }))
    .sort((a, b) => a.seconds - b.seconds);
  let left = Math.ceil(share * classes.reduce((sum, { count }) => sum + count, 0));
  for (const { seconds, count } of classes) {
    left -= count;
    if (left <= 0) return Number(seconds.toPrecision(3));
  }
  return null;
}
