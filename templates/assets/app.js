/** What every page does with scripts on. Without them everything can be read, and every form works. */
import './relative-time.js';
import { copyButtons } from './copy.js';
import { listenToKeys } from './keys.js';
import { followPage } from './live.js';

document.documentElement.classList.add('scripted');

/** Filters apply as soon as one is chosen. */
document.addEventListener('change', ({ target }) => {
  if (target instanceof HTMLSelectElement) target.closest('form[data-submit-on-change]')?.requestSubmit();
});

/** Escape leaves the search field. */
document.addEventListener('keydown', ({ target, key }) => {
  if (key === 'Escape' && target instanceof HTMLElement && target.matches('[data-search-key]')) target.blur();
  if (key === 'Escape') closeQuestions(null);
});

/** A question that is open closes when the reader does something else. */
document.addEventListener('click', ({ target }) => {
  if (target instanceof Node) closeQuestions(target);
});

/** @param {Node | null} except */
function closeQuestions(except) {
  for (const question of document.querySelectorAll('details.confirm[open]'))
    if (!except || !question.contains(except)) question.removeAttribute('open');
}

/** Sent twice, a form would do it twice. */
document.addEventListener('submit', ({ target }) => {
  if (!(target instanceof HTMLFormElement) || target.method !== 'post') return;
  const buttons = target.querySelectorAll('button');
  setTimeout(() => buttons.forEach((button) => (button.disabled = true)));
});

window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});

/** A bar that is wider than a phone shows the part in which the reader is. */
for (const bar of document.querySelectorAll('.sections, .tabs')) {
  const here = bar.querySelector('[aria-current]');
  if (here instanceof HTMLElement) bar.scrollLeft = here.offsetLeft - bar.offsetLeft - (bar.clientWidth - here.offsetWidth) / 2;
}

copyButtons();
listenToKeys();
followPage();
