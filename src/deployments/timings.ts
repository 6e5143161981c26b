import type { Stage, StageName } from '../shared/status/stages.js';
import { STAGE_STATUS } from '../shared/status/words.js';
import type { Deployment } from './model.js';

/** How long the deployments of a project usually take, by those that succeeded. In seconds. */
export interface Timings {
  /** Of so many deployments. */
  readonly sample: number;
  /** From start to end; null when there is none to compare with. */
  readonly whole: number | null;
  readonly stages: ReadonlyMap<StageName, number>;
}

type Timed = Pick<Deployment, 'startedAt' | 'completedAt' | 'stages'>;

export function timingsOf(deployments: readonly Timed[]): Timings {
  const stages = new Map<StageName, number[]>();
  for (const stage of deployments.flatMap((one) => one.stages)) {
    const seconds = secondsOf(stage);
    if (stage.status !== STAGE_STATUS.completed || seconds === null) continue;
    stages.set(stage.name, [...(stages.get(stage.name) ?? []), seconds]);
  }
  const whole = deployments.flatMap((one) => secondsOf(one) ?? []);
  return {
    sample: whole.length,
    whole: whole.length > 0 ? medianOf(whole) : null,
    stages: new Map([...stages].map(([name, all]) => [name, medianOf(all)])),
  };
}

export function secondsOf({
  startedAt,
  completedAt,
}: Pick<Stage, 'startedAt' | 'completedAt'>): number | null {
  return startedAt && completedAt ? (completedAt.getTime() - startedAt.getTime()) / 1_000 : null;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Differences that nobody notices. */
const USUAL = { share: 0.1, seconds: 1 };

/** A duration beside the usual one, in words; empty when there is nothing to compare. */
export function comparedWith(seconds: number | null, usual: number | null | undefined): string {
  if (seconds === null || usual === null || usual === undefined) return '';
  const difference = seconds - usual;
  const small = Math.abs(difference) <= Math.max(USUAL.seconds, usual * USUAL.share);
  if (small || usual === 0) return 'as usual';
  const times = difference > 0 ? seconds / usual : usual / seconds;
  const factor = times >= 2 ? `${times.toFixed(1)} times as ` : `${String(Math.round((times - 1) * 100))} % `;
  if (difference > 0) return times >= 2 ? `${factor}long` : `${factor}slower`;
  return times >= 2 ? `${factor}fast` : `${String(Math.round((1 - seconds / usual) * 100))} % faster`;
}
