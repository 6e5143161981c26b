import type { StoredDeployment } from '../../../../src/deployments/store.js';
import { comparedWith, secondsOf, type Timings } from '../../../../src/deployments/timings.js';
import type { Stage } from '../../../../src/shared/status/stages.js';
import { STAGE_STATUS } from '../../../../src/shared/status/words.js';
import { type StageModel, stagesOf } from '../preview-sections.js';

interface TimedStage extends StageModel {
  /** Null where there is nothing to compare with. */
  readonly usual: number | null;
  readonly compared: string;
  readonly isSlow: boolean;
  /** Where its bar is, in a box of 100 by 8; null while it has none. */
  readonly bar: { readonly x: string; readonly width: string } | null;
  /** Its usual length, as a mark in the same box. */
  readonly mark: string;
}

export interface TimelineModel {
  readonly stages: readonly TimedStage[];
  readonly seconds: number | null;
  readonly usual: number | null;
  readonly compared: string;
  /** The usual times are those of so many deployments. */
  readonly sample: number;
}

/** A bar that is too short to be seen tells nothing. */
const THINNEST = 0.8;

/** The stages beside each other on one axis of time, each with its usual duration. */
export function timelineOf(
  deployment: Pick<StoredDeployment, 'stages' | 'startedAt' | 'completedAt'>,
  timings: Timings,
  now: Date,
): TimelineModel {
  const models = stagesOf(deployment);
  const axis = axisOf(deployment, timings, now);
  const stages = deployment.stages.flatMap((stage, index) => {
    const model = models[index];
    return model ? [{ ...model, ...comparison(stage, model, timings), ...drawn(stage, timings, axis) }] : [];
  });
  const seconds = secondsOf(deployment);
  return {
    stages,
    seconds,
    usual: timings.whole,
    compared: comparedWith(seconds, timings.whole),
    sample: timings.sample,
  };
}

function comparison({ name }: Stage, { seconds }: StageModel, { stages }: Timings) {
  const usual = stages.get(name) ?? null;
  const compared = comparedWith(seconds, usual);
  return { usual, compared, isSlow: /slower|long/.test(compared) };
}

interface Axis {
  readonly start: number;
  readonly now: number;
  readonly length: number;
}

function axisOf(
  { stages, startedAt }: Pick<StoredDeployment, 'stages' | 'startedAt'>,
  timings: Timings,
  now: Date,
): Axis {
  const begins = stages.flatMap(({ startedAt: at }) => at?.getTime() ?? []);
  const start = Math.min(startedAt?.getTime() ?? Infinity, ...begins);
  const ends = stages.map((stage) => {
    if (!stage.startedAt) return 0;
    const usual = (timings.stages.get(stage.name) ?? 0) * 1_000;
    const end = stage.completedAt?.getTime() ?? now.getTime();
    return Math.max(end - start, stage.startedAt.getTime() - start + usual);
  });
  return { start, now: now.getTime(), length: Math.max(1, ...ends) };
}

function drawn(
  { name, status, startedAt, completedAt }: Stage,
  { stages }: Timings,
  { start, now, length }: Axis,
): Pick<TimedStage, 'bar' | 'mark'> {
  if (!startedAt || status === STAGE_STATUS.skipped) return { bar: null, mark: '' };
  const place = (ms: number) => (100 * ms) / length;
  const x = place(startedAt.getTime() - start);
  const width = Math.max(THINNEST, place((completedAt?.getTime() ?? now) - startedAt.getTime()));
  const usual = stages.get(name);
  return {
    bar: { x: Math.min(x, 100 - THINNEST).toFixed(2), width: Math.min(width, 100).toFixed(2) },
    mark: usual === undefined ? '' : (x + place(usual * 1_000)).toFixed(2),
  };
}
