/** Draws each plot from its table, in the colours of the page. */
import uPlot from './uplot.js';

const DAY = 86_400;
const plots = new Map();

/** @param {string} token */
const colourOf = (token) => getComputedStyle(document.documentElement).getPropertyValue(token).trim();

const SHOWN = {
  count: (value) => String(value),
  seconds: (value) => {
    if (value > 0 && value < 0.1) return `${Math.round(value * 1_000)} ms`;
    if (value < 100) return `${Number(value.toFixed(1))} s`;
    return value < 6_000 ? `${Number((value / 60).toFixed(1))} min` : `${Number((value / 3_600).toFixed(1))} h`;
  },
  bytes: (value) => {
    const step = [1e9, 1e6, 1e3].findIndex((size) => value >= size);
    return step < 0 ? `${Math.round(value)} B` : `${Number((value / [1e9, 1e6, 1e3][step]).toFixed(1))} ${['GB', 'MB', 'kB'][step]}`;
  },
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

function lineOf({ label, colour }, { kind, state }) {
  const stroke = colourOf(colour);
  if (kind === 'bars') return { label, fill: stroke, stroke, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 42] }) };
  const area = kind === 'area' ? { fill: `color-mix(in srgb, ${stroke} 18%, transparent)` } : {};
  // A single day between two gaps has no line.
  return { label, stroke, width: 2, points: { show: () => state.isFew, size: 6, fill: stroke, stroke }, ...area };
}

/** What the table says now. */
function figuresOf({ plot, kind }) {
  const { series, times, columns } = read(document.getElementById(plot));
  const known = columns[0].filter((value) => value !== null).length;
  return { series, times, isFew: known < 20, data: [times, ...(kind === 'bars' ? stacked(columns) : columns)] };
}

/** Draws a plot, or moves the lines of one that is there. */
function draw(place) {
  const figures = figuresOf(place.dataset);
  const known = plots.get(place);
  if (!known) return create(place, figures);
  Object.assign(known.state, figures);
  known.plot.setData(figures.data);
}

function create(place, figures) {
  const { kind, unit } = place.dataset;
  const state = { ...figures };
  const isBars = kind === 'bars';
  const [ink, line] = [colourOf('--soft'), colourOf('--line')];
  const axis = { stroke: ink, font: '12px system-ui, sans-serif', grid: { stroke: line, width: 1 }, ticks: { show: false } };
  const options = {
    width: place.clientWidth,
    height: place.clientHeight,
    legend: { show: false },
    cursor: { show: false },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1_000), 'Etc/UTC'),
    scales: {
      x: { range: () => [state.times[0] - DAY / 2, state.times.at(-1) + DAY / 2] },
      // A build may take less than a second; half a preview does not exist.
      y: { range: (_plot, _least, most) => [0, (most || 1) * 1.08] },
    },
    axes: [
      { ...axis, size: 28, grid: { show: false }, splits: (plot) => daysOf(state, plot.bbox.width / devicePixelRatio), values: (_plot, ticks) => ticks.map(dayOf) },
      { ...axis, size: 58, values: (_plot, ticks) => ticks.map((one) => (unit === 'count' && !Number.isInteger(one) ? '' : SHOWN[unit](one))) },
    ],
    series: [{}, ...(isBars ? state.series.toReversed() : state.series).map((one) => lineOf(one, { kind, state }))],
  };
  plots.set(place, { plot: new uPlot(options, state.data, place.querySelector('.canvas')), state });
  resized.observe(place);
}

function remove(place) {
  plots.get(place).plot.destroy();
  plots.delete(place);
  resized.unobserve(place);
}

const LABEL_PX = 64;

/** A day is where its label is, in the middle of it; the newest one always has its label. */
function daysOf({ times }, width) {
  const step = Math.max(1, Math.ceil((times.length * LABEL_PX) / Math.max(LABEL_PX, width)));
  return times.filter((_, index) => (times.length - 1 - index) % step === 0);
}

const DAYS = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', timeZone: 'UTC' });
const dayOf = (at) => DAYS.format(new Date(at * 1_000));

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const { plot } = plots.get(target) ?? {};
    if (plot && plot.width !== target.clientWidth) plot.setSize({ width: target.clientWidth, height: target.clientHeight });
  }
});

function drawAll() {
  for (const place of [...plots.keys()]) if (!place.isConnected) remove(place);
  document.querySelectorAll('[data-plot]').forEach(draw);
}

drawAll();
document.addEventListener('page-refreshed', drawAll);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const place of [...plots.keys()]) remove(place);
  drawAll();
});
