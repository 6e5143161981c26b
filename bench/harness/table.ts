import type { Row, Unit, Verdict } from './compare.js';

const HEAD = ['#', 'measurement', 'ours', 'against', 'theirs', 'ratio (low to high)', 'expected now', 'goal'];

/** The rows as one Markdown table. */
export function renderTable(rows: readonly Row[]): string {
  return [HEAD, HEAD.map(() => '---'), ...rows.map(cellsOf)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function cellsOf({ id, what, unit, ours, against, theirs, ratio, now, goal }: Row): string[] {
  return [
    id,
    what,
    showFigure(ours, unit),
    against,
    theirs === null ? 'not here' : showFigure(theirs, unit),
    ratio === null ? '' : `**${short(ratio.median)}** (${short(ratio.low)} to ${short(ratio.high)})`,
    showVerdict(now),
    showVerdict(goal),
  ];
}

function showVerdict(verdict: Verdict | null): string {
  return verdict === null ? '' : `${verdict.limit}: ${verdict.met ? 'met' : 'not yet'}`;
}

export function showFigure(value: number, unit: Unit): string {
  if (unit === 'per second') return `${whole(value)}/s`;
  if (unit === 'ms') return `${value < 100 ? value.toFixed(1) : whole(value)} ms`;
  if (unit === 'us') return `${short(value)} us`;
  if (unit === 's') return `${value.toFixed(value < 10 ? 3 : 1)} s`;
  if (unit === 'bytes') return `${value < 100_000 ? (value / 1000).toFixed(1) : whole(value / 1000)} kB`;
  return short(value);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function short(value: number): string {
  if (value === 0) return '0';
  return value.toFixed(value >= 100 ? 0 : value >= 0.1 ? 2 : 4);
}
