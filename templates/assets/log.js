/** The log of a deployment as it grows. Without this script the page has a part of it, a search and the download. */
import { searchLog } from './log-search.js';
import { readLog } from './log-stream.js';
import { createLogView } from './log-view.js';

/** Nearer to the end than this counts as being there. */
const NEAR_PX = 24;
const KEPT = 'vitrine-log';
/** A box for a short log is for so many lines. */
const SHORT = 12;

const root = document.getElementById('log');
if (root) start(root);

/** @param {HTMLElement} root */
function start(root) {
  const { source, search, log, total } = root.dataset;
  const part = (name) => root.querySelector(`[data-${name}]`);
  const [frame, rendered, status, button] = ['frame', 'lines', 'log-status', 'follow'].map(part);
  const scroller = rendered.cloneNode(false);
  const known = Number(total);
  let waiting = [];
  let flushing = 0;
  let shown = false;
  let over = false;
  let connected = true;
  let unseen = 0;
  let lastTop = 0;
  let target = targetOf(location.hash);
  let following = target === null;

  const view = createLogView(scroller, { folds: log === 'build', toneOf, onChange: keepUp });
  if (target) view.mark(target.from, target.to);

  /** Lines are put on the page once a frame, however many came. */
  function take(lines) {
    waiting.push(...lines);
    flushing ||= requestAnimationFrame(flush);
  }

  function flush() {
    flushing = 0;
    const lines = waiting;
    waiting = [];
    view.append(lines);
    if (shown && !(following && !view.isSelecting())) unseen += lines.length;
    reveal();
    tell();
  }

  /** What the server put into the page is replaced once there is as much here. */
  function reveal() {
    if (shown) return;
    if (!over && view.count() < known && !(target && view.has(target.from))) return;
    if (view.count() === 0) return;
    rendered.replaceWith(scroller);
    shown = true;
    if (over) view.openLast();
    if (target) return go(target);
    keepUp();
  }

  /** Follows the end, unless the reader looks at something. */
  function keepUp() {
    if (!shown || !following || view.isSelecting()) return;
    unseen = 0;
    scroller.scrollTop = scroller.scrollHeight;
    lastTop = scroller.scrollTop;
  }

  function follow(on) {
    following = on;
    if (on) keepUp();
    tell();
  }

  scroller.addEventListener(
    'scroll',
    () => {
      const { scrollTop: top, clientHeight, scrollHeight } = scroller;
      const atEnd = top + clientHeight >= scrollHeight - NEAR_PX;
      // Only the reader moves up; lines that are folded or taken away leave it at the end.
      if (following && top < lastTop && !atEnd) follow(false);
      else if (!following && top > lastTop && atEnd) follow(true);
      lastTop = top;
    },
    { passive: true },
  );

  function tell() {
    const count = view.count();
    if (count > SHORT) scroller.classList.remove('few');
    if (!shown && known > 0) status.textContent = `Loading ${count.toLocaleString()} of ${known.toLocaleString()} lines`;
    else status.textContent = `${count.toLocaleString()} ${count === 1 ? 'line' : 'lines'}${over ? '' : connected ? ', live' : '. Not connected: trying again'}`;
    button.hidden = !shown || following || (over && unseen === 0);
    button.textContent = unseen === 0 ? 'Follow' : `Follow · ${unseen.toLocaleString()} new`;
  }

  function go({ from, to = from }) {
    target = { from, to };
    following = false;
    view.mark(from, to);
    if (!shown) return;
    if (view.show(from)) lastTop = scroller.scrollTop;
    frame.scrollIntoView({ block: 'nearest' });
    tell();
  }

  function goTo(line) {
    history.replaceState(null, '', `#L${line}`);
    go({ from: line, to: line });
  }

  button.addEventListener('click', () => follow(true));
  addEventListener('hashchange', () => {
    const wanted = targetOf(location.hash);
    if (wanted) go(wanted);
  });
  scroller.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a.n') : null;
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const line = Number(link.textContent);
    const from = event.shiftKey && target ? Math.min(target.from, line) : line;
    const to = event.shiftKey && target ? Math.max(target.to, line) : line;
    target = { from, to };
    view.mark(from, to);
    history.replaceState(null, '', from === to ? `#L${from}` : `#L${from}-L${to}`);
  });
  document.addEventListener('page-refreshed', () => {
    view.refresh(following);
    if (over) view.openLast();
  });

  tools(part('tools'), { view, scroller });
  searchLog(root, { path: search, onGo: goTo, onFind: view.find });
  readLog({
    source,
    onLines: take,
    onConnection(is) {
      connected = is;
      tell();
    },
    onEnd(reason) {
      over = true;
      if (flushing) cancelAnimationFrame(flushing);
      flush();
      if (reason === 'access') status.textContent = 'You may not see this log any more.';
    },
  });
  tell();
}

/** @param {string} stage */
function toneOf(stage) {
  const row = document.querySelector(`[data-stage="${CSS.escape(stage)}"]`);
  return row instanceof HTMLElement ? (row.dataset.tone ?? '') : '';
}

/** `#L120`, or `#L120-L130`. */
function targetOf(hash) {
  const found = /^#L(\d{1,12})(?:-L?(\d{1,12}))?$/.exec(hash);
  if (!found) return null;
  const from = Number(found[1]);
  return { from, to: Math.max(from, Number(found[2] ?? from)) };
}

/** What the reader chose is kept for the next log. */
function tools(bar, { view, scroller }) {
  const kept = read();
  const apply = {
    wrap: (on) => view.setWrap(on),
    times: (on) => scroller.classList.toggle('timed', on),
  };
  for (const [name, set] of Object.entries(apply)) {
    const button = bar.querySelector(`[data-tool="${name}"]`);
    const show = (on) => {
      button.setAttribute('aria-pressed', String(on));
      set(on);
    };
    show(kept[name] === true);
    button.addEventListener('click', () => {
      kept[name] = kept[name] !== true;
      show(kept[name]);
      try {
        localStorage.setItem(KEPT, JSON.stringify(kept));
      } catch {
        // The browser keeps nothing: it is chosen for this page only.
      }
    });
  }
  const fold = bar.querySelector('[data-tool="fold"]');
  fold.addEventListener('click', () => view.fold());
  fold.hidden = bar.closest('[data-log]')?.dataset.log !== 'build';
}

function read() {
  try {
    const value = JSON.parse(localStorage.getItem(KEPT) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
