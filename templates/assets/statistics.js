/** Draws each plot from its table, in the colours of the page. */
import uPlot from './uplot.js';

const DAY = 86_400;
const plots = new Map();

/** @param {string} token */
const colourOf = (token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();

const SHOWN = {
  count: (value) => String(value),
  seconds: (value) => (value < 100 ? `${Math.round(value)}s` : value < 6_000 ? `${(value / 60).toFixed(1)}m` : `${(value / 3_600).toFixed(1)}h`),
  bytes: (value) => (value < 1e6 ? `${Math.round(value / 1e3)} kB` : value < 1e9 ? `${Math.round(value / 1e6)} MB` : `${(value / 1e9).toFixed(1)} GB`),
};

/** The columns of a table: the days, and a list of numbers or gaps for each series. */
function read(table) {
  const rows = [...table.tBodies[0].rows];
  const series = [...table.tHead.rows[0].cells].slice(1).map((cell) => ({ label: cell.textContent, colour: cell.dataset.colour }));
  const columns = series.map((_, index) =>
    rows.map(({ cells }) => (cells[index + 1].dataset.value === '' ? null : Number(cells[index + 1].dataset.value))),
  );
  return { series, times: rows.map((row) => Number(row.dataset.at)), columns };
}

/** Bars stand on each other: each column holds what is below it too, and the highest is drawn first. */
function stacked(columns) {
  const sums = [];
  for (const column of columns) sums.push(column.map((value, at) => value + (sums.at(-1)?.[at] ?? 0)));
  return sums.reverse();
}

function lineOf({ label, colour }, { kind, isFew }) {
  const stroke = colourOf(colour);
  if (kind === 'bars') return { label, fill: stroke, stroke, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 42] }) };
  const area = kind === 'area' ? { fill: `color-mix(in srgb, ${stroke} 18%, transparent)` } : {};
  // A single day between two gaps has no line.
  return { label, stroke, width: 2, points: { show: isFew, size: 6, fill: stroke, stroke }, ...area };
}

function draw(place) {
  const table = document.getElementById(place.dataset.plot);
  if (!table) return;
  const { kind, unit } = place.dataset;
  const { series, times, columns } = read(table);
  const isBars = kind === 'bars';
  const data = [times, ...(isBars ? stacked(columns) : columns)];
  const known = columns[0].filter((value) => value !== null).length;
  const [ink, line] = [colourOf('--soft'), colourOf('--line')];
  const axis = { stroke: ink, font: '12px system-ui, sans-serif', grid: { stroke: line, width: 1 }, ticks: { show: false } };
  plots.get(place)?.destroy();
  const options = {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), 'Etc/UTC'),
    scales: {
      x: { range: () => [times[0] - DAY / 2, times.at(-1) + DAY / 2] },
      y: { range: (_plot, _least, most) => [0, Math.max(1, (most ?? 0) * 1.08)] },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, space: 60, values: (_plot, ticks) => ticks.map(dayOf) },
      { ...axis, size: 58, values: (_plot, ticks) => ticks.map((one) => (unit === 'count' && !Number.isInteger(one) ? '' : SHOWN[unit](one))) },
    ],
    series: [{}, ...(isBars ? series.toReversed() : series).map((one) => lineOf(one, { kind, isFew: known < 20 }))],
  };
  plots.set(place, new uPlot(options, data, place));
}

const DAYS = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: 'UTC' });
const dayOf = (at) => DAYS.format(new Date(at * 1_000));

const drawAll = () => document.querySelectorAll('[data-plot]').forEach(draw);

drawAll();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const plot = plots.get(target);
    if (plot && plot.width !== target.clientWidth) plot.setSize({ width: target.clientWidth, height: target.clientHeight });
  }
});
document.querySelectorAll('[data-plot]').forEach((place) => resized.observe(place));
