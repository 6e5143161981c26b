import { differenceOf, median, ratioOf, type Ratio } from './statistics.js';

/** A limit for the ratio, for what we take more than the other, or for our own figure where a number alone is the promise. */
export interface Goal {
  readonly of: 'ratio' | 'difference' | 'figure';
  readonly least?: number;
  readonly most?: number;
}

export type Unit = 'per second' | 'us' | 'ms' | 's' | 'bytes' | 'commands' | 'calls';

export interface Comparison {
  /** P1 and so on, as docs/performance.md counts them. */
  readonly id: string;
  readonly what: string;
  readonly unit: Unit;
  readonly ours: readonly number[];
  readonly against: string;
  /** Null: that program is not on this machine. */
  readonly theirs: readonly number[] | null;
  /** What must hold today. */
  readonly now?: Goal;
  /** What it is to become. */
  readonly goal?: Goal;
}

export interface Verdict {
  readonly limit: string;
  readonly met: boolean;
}

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly unit: Unit;
  readonly ours: number;
  readonly against: string;
  readonly theirs: number | null;
  readonly ratio: Ratio | null;
  readonly now: Verdict | null;
  readonly goal: Verdict | null;
}

export function compare({ id, what, unit, ours, against, theirs, now, goal }: Comparison): Row {
  const ratio = theirs === null ? null : ratioOf(ours, theirs);
  const difference = theirs === null ? null : differenceOf(ours, theirs);
  const judged = { figure: median(ours), ratio: ratio?.median ?? null, difference };
  return {
    id,
    what,
    unit,
    ours: judged.figure,
    against,
    theirs: theirs === null ? null : median(theirs),
    ratio,
    now: now ? judge(now, judged) : null,
    goal: goal ? judge(goal, judged) : null,
  };
}

interface Judged {
  readonly figure: number;
  readonly ratio: number | null;
  readonly difference: number | null;
}

/** Without the peer there is nothing to be judged by. */
function judge({ of, least, most }: Goal, judged: Judged): Verdict | null {
  const value = judged[of];
  if (value === null) return null;
  const limit = [
    ...(least === undefined ? [] : [`>= ${least}`]),
    ...(most === undefined ? [] : [`<= ${most}`]),
  ];
  const met = value >= (least ?? Number.NEGATIVE_INFINITY) && value <= (most ?? Number.POSITIVE_INFINITY);
  return { limit: `${limit.join(', ')}${SUFFIX[of]}`, met };
}

const SUFFIX: Readonly<Record<Goal['of'], string>> = { ratio: ' x', difference: ' more', figure: '' };
