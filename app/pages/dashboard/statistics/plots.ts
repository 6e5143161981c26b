import type { StatisticsView } from '../../../../src/contract/history.js';
import { DEPLOYMENT } from '../../../../src/shared/status/deployment.js';
import { DEPLOYMENT_STATUS } from '../../../../src/shared/status/words.js';
import { PREVIEWS } from '../../../../src/contract/dashboard/previews.js';
import { START } from '../../../../src/contract/dashboard/start.js';
import { bytesOf, durationOf } from '../tags.js';

/** One line or one colour of bars. */
interface Series {
  readonly label: string;
  /** The token of its colour. */
  readonly colour: string;
}

interface Cell {
  /** Empty where there is none: the plot has a gap there. */
  readonly value: number | '';
  readonly text: string;
}

/** In place of a plot that would have empty axes: why, and what to do. */
interface Empty {
  readonly says: string;
  readonly todo: string;
  readonly link: { readonly href: string; readonly label: string } | null;
}

/** A plot with its table: the script draws what the table says. */
export interface PlotModel {
  readonly id: string;
  readonly title: string;
  /** What the plot shows, for those who do not see it. */
  readonly summary: string;
  readonly kind: 'bars' | 'lines' | 'area';
  readonly unit: 'count' | 'seconds' | 'bytes';
  /** Null where there is something to draw. */
  readonly empty: Empty | null;
  readonly series: readonly Series[];
  readonly rows: readonly {
    readonly day: string;
    /** In seconds since 1970, at noon: a day is where its label is. */
    readonly at: number;
    readonly cells: readonly Cell[];
  }[];
}

type Day = StatisticsView['byDay'][number];
type Shown = Pick<StatisticsView, 'from' | 'to' | 'byDay' | 'counts' | 'medianSeconds' | 'p95Seconds'>;

const OUTCOMES = [
  { status: DEPLOYMENT_STATUS.success, colour: '--good' },
  { status: DEPLOYMENT_STATUS.failed, colour: '--bad' },
  { status: DEPLOYMENT_STATUS.cancelled, colour: '--warn' },
  { status: DEPLOYMENT_STATUS.superseded, colour: '--field' },
] as const;

const DAY_MS = 24 * 60 * 60_000;

export function plotsOf(found: Shown): readonly PlotModel[] {
  const days = everyDay(found);
  return [outcomes(found, days), buildTimes(found, days), previews(days), storage(days)];
}

/** Also those on which nothing ended: a plot without them would lie. */
function everyDay({ from, to, byDay }: Pick<Shown, 'from' | 'to' | 'byDay'>): readonly Day[] {
  const known = new Map(byDay.map((one) => [one.day, one]));
  const first = Date.parse(from);
  const count = Math.round((Date.parse(to) - first) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, index) => {
    const day = new Date(first + index * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, counts: {}, ...UNKNOWN };
  });
}

const UNKNOWN = { medianSeconds: null, p95Seconds: null, previewsAlive: null, storageBytes: null } as const;

function outcomes({ counts }: Shown, days: readonly Day[]): PlotModel {
  const said = OUTCOMES.map(({ status }) => `${String(counts[status] ?? 0)} ${wordOf(status)}`);
  const isEmpty = OUTCOMES.every(({ status }) => (counts[status] ?? 0) === 0);
  return {
    ...{ id: 'outcomes', title: 'Deployments a day', kind: 'bars', unit: 'count' },
    summary: `Deployments a day by outcome. In all: ${said.join(', ')}.`,
    empty: isEmpty ? NOTHING_ENDED : null,
    series: OUTCOMES.map(({ status, colour }) => ({ label: DEPLOYMENT[status].text.label, colour })),
    rows: rowsOf(days, ({ counts: of }) =>
      OUTCOMES.map(({ status }) => ({ value: of[status] ?? 0, text: String(of[status] ?? 0) })),
    ),
  };
}

const NOTHING_ENDED: Empty = {
  says: 'No deployment ended in these days.',
  todo: 'Open a pull request, or push to one: its deployment is counted here when it ends.',
  link: { href: START, label: 'Set up a repository' },
};

const wordOf = (status: (typeof OUTCOMES)[number]['status']) => DEPLOYMENT[status].text.label.toLowerCase();

function buildTimes({ medianSeconds, p95Seconds }: Shown, days: readonly Day[]): PlotModel {
  const said =
    medianSeconds === null || p95Seconds === null
      ? 'Nothing succeeded in these days.'
      : `Over all days, half took less than ${durationOf(medianSeconds)}, and 19 of 20 less than ${durationOf(p95Seconds)}.`;
  return {
    ...{ id: 'build-times', title: 'Build time', kind: 'lines', unit: 'seconds' },
    summary: `Build time of successful deployments by day. ${said}`,
    empty: medianSeconds === null ? NOTHING_SUCCEEDED : null,
    series: [
      { label: 'Median', colour: '--accent' },
      { label: '95th percentile', colour: '--warn' },
    ],
    rows: rowsOf(days, (one) => [cell(one.medianSeconds, durationOf), cell(one.p95Seconds, durationOf)]),
  };
}

const NOTHING_SUCCEEDED: Empty = {
  says: 'No deployment succeeded in these days.',
  todo: 'Where builds fail, the page of the preview names the error and shows the lines around it.',
  link: { href: PREVIEWS, label: 'Look at the previews' },
};

function previews(days: readonly Day[]): PlotModel {
  const known = days.flatMap(({ previewsAlive }) => previewsAlive ?? []);
  const said = known.length === 0 ? NOT_MEASURED : `Between ${least(known)} and ${most(known)}.`;
  return {
    ...{ id: 'previews', title: 'Previews alive', kind: 'lines', unit: 'count' },
    summary: `Previews that show or await a deployment, by day. ${said}`,
    empty: known.length === 0 ? UNMEASURED : null,
    series: [{ label: 'Previews', colour: '--accent' }],
    rows: rowsOf(days, ({ previewsAlive }) => [cell(previewsAlive, String)]),
  };
}

function storage(days: readonly Day[]): PlotModel {
  const known = days.flatMap(({ storageBytes }) => storageBytes ?? []);
  const last = known.at(-1);
  const said = last === undefined ? NOT_MEASURED : `${bytesOf(last)} at the end.`;
  return {
    ...{ id: 'storage', title: 'Storage', kind: 'area', unit: 'bytes' },
    summary: `What the files take, each counted once, by day. ${said}`,
    empty: last === undefined ? UNMEASURED : null,
    series: [{ label: 'Storage', colour: '--progress' }],
    rows: rowsOf(days, ({ storageBytes }) => [cell(storageBytes, bytesOf)]),
  };
}

const NOT_MEASURED = 'It was not measured yet: that happens once an hour.';

const UNMEASURED: Empty = {
  says: 'It was not measured in these days.',
  todo: 'The server measures this once an hour, and shortly after its start: it appears here by itself.',
  link: null,
};

const least = (counts: readonly number[]) => String(Math.min(...counts));
const most = (counts: readonly number[]) => String(Math.max(...counts));

function cell(value: number | null, show: (value: number) => string): Cell {
  return value === null ? { value: '', text: '–' } : { value, text: show(value) };
}

function rowsOf(days: readonly Day[], cellsOf: (day: Day) => readonly Cell[]): PlotModel['rows'] {
  return days.map((one) => ({
    day: one.day,
    at: (Date.parse(one.day) + DAY_MS / 2) / 1_000,
    cells: cellsOf(one),
  }));
}
