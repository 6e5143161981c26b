/**
 * Keeps the page up to date: the server says that something changed, and the page is fetched again and merged into what is shown. What
 * the reader has opened, typed or selected stays.
 */
import { Idiomorph } from './idiomorph.js';

/** Further changes within this time are shown together. */
const PAUSE_MS = 300;

let source = null;
let waiting = null;
let loading = false;

export function followPage() {
  if (!document.body.dataset.live) return;
  connect();
  // A page that nobody looks at needs no stream, and browsers allow few.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return disconnect();
    refresh().finally(connect);
  });
  addEventListener('pagehide', disconnect);
}

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(document.body.dataset.live);
  source.addEventListener('changed', () => later());
  source.addEventListener('open', () => say(true));
  source.addEventListener('error', () => {
    say(false);
    // The browser connects again by itself, unless the server refused.
    if (source?.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(connect, 5_000);
    }
  });
}

function disconnect() {
  source?.close();
  source = null;
}

function later() {
  waiting ??= setTimeout(() => {
    waiting = null;
    void refresh();
  }, PAUSE_MS);
}

/** @param {boolean} isConnected */
function say(isConnected) {
  const words = document.querySelector('[data-connection]');
  if (words instanceof HTMLElement) words.hidden = isConnected;
}

/** A form in which the reader has begun to type is not touched. */
const isTouched = (node) =>
  node instanceof HTMLElement && node.matches('form') && node.contains(document.activeElement) && node.matches(':has(input:not([type=hidden]), textarea)');

async function refresh() {
  if (loading) return later();
  loading = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) return location.assign(answer.url);
    if (!answer.ok) return say(false);
    show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    say(true);
  } catch {
    say(false);
  } finally {
    loading = false;
  }
}

/** @param {Document} fresh */
function show(fresh) {
  const [now, next] = [document.querySelector('main'), fresh.querySelector('main')];
  if (!now || !next) return;
  const flash = now.querySelector('.flash');
  Idiomorph.morph(now, next.innerHTML, {
    morphStyle: 'innerHTML',
    ignoreActiveValue: true,
    callbacks: {
      // Parts that a script of their own keeps, such as a log.
      beforeNodeMorphed: (old) => !(old instanceof HTMLElement && old.dataset.keep !== undefined) && !isTouched(old),
      beforeAttributeUpdated: (name, node) => !(name === 'open' && node instanceof HTMLDetailsElement) && !(name === 'hidden' && node instanceof HTMLElement && node.dataset.copy !== undefined),
      beforeNodeRemoved: (node) => node !== flash && !(node instanceof HTMLElement && node.dataset.keep !== undefined),
    },
  });
  document.title = fresh.title;
  const icon = document.getElementById('favicon');
  const nextIcon = fresh.getElementById('favicon');
  if (icon && nextIcon) icon.setAttribute('href', nextIcon.getAttribute('href') ?? '');
  document.dispatchEvent(new CustomEvent('page-refreshed'));
}
