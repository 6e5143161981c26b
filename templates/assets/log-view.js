/**
 * The lines of a log on the page. All of them are kept as plain texts, and only those near the part that is looked at are elements: a log of
 * 50,000 lines scrolls like one of fifty.
 */
import { drawLine, markHits } from './log-line.js';

/** So many lines become elements together. */
const CHUNK = 50;

/** Lines that are filled before they come into sight. */
const MARGIN = '1200px 0px';

/** Whoever writes to a log names its stages; so many have a section of their own. */
const MOST_SECTIONS = 60;

/** @param {HTMLElement} scroller @param {{ folds: boolean, toneOf: (stage: string) => string, onChange: () => void }} options */
export function createLogView(scroller, { folds, toneOf, onChange }) {
  const numbers = [];
  const times = [];
  const levels = [];
  const texts = [];
  const sections = [];
  const chunkOf = new WeakMap();
  let marked = { from: 0, to: 0 };
  let wraps = false;
  let wanted = '';

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const chunk = chunkOf.get(target);
        if (isIntersecting) fill(chunk);
        else if (chunk) empty(chunk);
      }
      onChange();
    },
    { root: scroller, rootMargin: MARGIN },
  );

  function lineAt(position) {
    return { number: numbers[position], at: times[position], level: levels[position], text: texts[position] };
  }

  function draw(position) {
    const row = drawLine(lineAt(position));
    row.classList.toggle('marked', isMarked(numbers[position]));
    if (wanted !== '') markHits(row, wanted);
    return row;
  }

  const isMarked = (number) => number >= marked.from && number <= marked.to;

  function fill(chunk) {
    if (!chunk || chunk.filled) return;
    const rows = document.createDocumentFragment();
    for (let index = 0; index < chunk.count; index += 1) rows.append(draw(chunk.first + index));
    chunk.el.replaceChildren(rows);
    chunk.el.style.height = '';
    chunk.filled = true;
  }

  /** What the reader has selected stays as it is. */
  function empty(chunk) {
    if (!chunk.filled || isSelected(chunk.el)) return;
    const { height } = chunk.el.getBoundingClientRect();
    // In a section that was closed nothing has a height.
    if (height > 0) chunk.height = `${height}px`;
    chunk.el.replaceChildren();
    chunk.filled = false;
    size(chunk);
  }

  function size(chunk) {
    chunk.el.style.height = chunk.height ?? `calc(var(--row) * ${rowsOf(chunk)})`;
  }

  /** Exact unless lines are broken; then it is a guess until they were shown. */
  function rowsOf({ first, count }) {
    if (!wraps) return count;
    const columns = Math.max(20, Math.floor((scroller.clientWidth - 80) / 7.4));
    let rows = 0;
    for (let index = first; index < first + count; index += 1) rows += Math.max(1, Math.ceil(texts[index].length / columns));
    return rows;
  }

  function isSelected(el) {
    const selection = getSelection();
    return selection !== null && !selection.isCollapsed && selection.containsNode(el, true);
  }

  function sectionFor(stage) {
    const current = sections[sections.length - 1];
    const goesOn = current && (!folds || stage === current.stage || (stage === '' && sections.length > 0) || sections.length >= MOST_SECTIONS);
    return goesOn ? current : addSection(stage);
  }

  function addSection(stage) {
    const body = document.createElement('div');
    body.className = 'section-body';
    const section = { stage, body, chunks: [], count: 0, el: body, counter: null, touched: false };
    if (folds) decorate(section);
    scroller.append(section.el);
    sections.push(section);
    return section;
  }

  function decorate(section) {
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    const name = document.createElement('span');
    section.counter = document.createElement('span');
    section.counter.className = 'section-count';
    name.className = 'section-name';
    name.textContent = section.stage || 'before the first stage';
    summary.append(name, section.counter);
    summary.addEventListener('click', () => (section.touched = true));
    details.className = 'section';
    details.append(summary, section.body);
    section.el = details;
    present(section);
  }

  const tones = { failed: 'bad', running: 'progress' };

  /** The stage that runs and the one that failed are open, until the reader decides. */
  function present(section, mayClose = true) {
    const tone = toneOf(section.stage);
    section.el.dataset.tone = tone;
    if (section.touched) return;
    if (tone === tones.failed || tone === tones.running) section.el.open = true;
    else if (mayClose) section.el.open = false;
  }

  function chunkFor(section, position) {
    const current = section.chunks[section.chunks.length - 1];
    if (current && current.count < CHUNK) return current;
    const el = document.createElement('div');
    el.className = 'chunk';
    const chunk = { el, first: position, count: 0, filled: false, height: null, section };
    section.chunks.push(chunk);
    section.body.append(el);
    chunkOf.set(el, chunk);
    observer.observe(el);
    return chunk;
  }

  /** Rows that are there stay as they are, so a selection does too. */
  function append(lines) {
    const changed = new Set();
    for (const { number, at, stage, level, text } of lines) {
      const position = numbers.push(number) - 1;
      times.push(Date.parse(at));
      levels.push(level);
      texts.push(text);
      const section = sectionFor(stage);
      const chunk = chunkFor(section, position);
      chunk.count += 1;
      section.count += 1;
      if (chunk.filled) chunk.el.append(draw(position));
      else chunk.height = null;
      changed.add(chunk);
    }
    for (const chunk of changed) if (!chunk.filled) size(chunk);
    for (const { section } of changed) if (section.counter) section.counter.textContent = section.count === 1 ? '1 line' : `${section.count.toLocaleString()} lines`;
    onChange();
  }

  function positionOf(number) {
    let [low, high] = [0, numbers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (numbers[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low < numbers.length ? low : -1;
  }

  function chunkAt(position) {
    const section = sections.findLast(({ chunks }) => chunks[0].first <= position);
    return section?.chunks.findLast(({ first }) => first <= position) ?? null;
  }

  /** Brings a line into the middle. False when it has not come yet. */
  function show(number) {
    const position = positionOf(number);
    const chunk = position < 0 ? null : chunkAt(position);
    if (!chunk) return false;
    if (folds) chunk.section.el.open = chunk.section.touched = true;
    fill(chunk);
    const row = chunk.el.children[position - chunk.first];
    const [its, ours] = [row.getBoundingClientRect(), scroller.getBoundingClientRect()];
    scroller.scrollTop += its.top - ours.top - (ours.height - its.height) / 2;
    scroller.scrollLeft = 0;
    return true;
  }

  function mark(from, to) {
    marked = { from, to };
    for (const row of scroller.querySelectorAll('.line')) row.classList.toggle('marked', isMarked(Number(row.dataset.number)));
  }

  /** Lines that are not drawn yet are marked when they are. */
  function find(text) {
    wanted = text;
    for (const row of scroller.querySelectorAll('.line')) markHits(row, wanted);
  }

  scroller.addEventListener('whole-line', ({ target }) => markHits(target.closest('.line'), wanted));

  return {
    append,
    show,
    mark,
    find,
    count: () => numbers.length,
    has: (number) => positionOf(number) >= 0,
    isSelecting: () => isSelected(scroller),
    /** The stages went on. What the reader looks at is not closed. */
    refresh: (mayClose) => folds && sections.forEach((section) => present(section, mayClose)),
    openLast: () => {
      const last = sections[sections.length - 1];
      if (folds && last && !sections.some(({ el }) => el.open)) last.el.open = true;
    },
    /** Opens all, or closes all when some are open. */
    fold() {
      if (!folds) return;
      const open = !sections.some(({ el }) => el.open);
      for (const section of sections) section.el.open = open;
      for (const section of sections) section.touched = true;
    },
    setWrap(on) {
      wraps = on;
      scroller.classList.toggle('wrapped', on);
      for (const { chunks } of sections)
        for (const chunk of chunks) {
          chunk.height = null;
          if (!chunk.filled) size(chunk);
        }
    },
  };
}
