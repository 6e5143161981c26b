/** What the keyboard does on every page. The dialog behind "?" tells it. */

const ROWS = 'main a.cover';

export function listenToKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    const isTyping = target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
    if (isTyping || document.querySelector('dialog[open]')) return;
    if (actOn(event.key)) event.preventDefault();
  });
  const dialog = document.getElementById('keys');
  const opener = document.querySelector('[data-opens-keys]');
  if (opener instanceof HTMLElement) opener.hidden = false;
  opener?.addEventListener('click', () => dialog instanceof HTMLDialogElement && dialog.showModal());
  // A click beside the dialog is one on its own backdrop.
  dialog?.addEventListener('click', ({ target }) => {
    if (target === dialog && dialog instanceof HTMLDialogElement) dialog.close();
  });
}

/** @param {string} key */
function actOn(key) {
  if (key === '/') return search();
  if (key === 'j') return moveBy(1);
  if (key === 'k') return moveBy(-1);
  // Where no row is chosen yet, arrows scroll the page.
  if (key === 'ArrowDown' || key === 'ArrowUp')
    return Boolean(document.activeElement?.matches(ROWS)) && moveBy(key === 'ArrowDown' ? 1 : -1);
  if (key !== '?') return false;
  const dialog = document.getElementById('keys');
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
  return true;
}

function search() {
  const field = document.querySelector('[data-search-key]');
  if (!(field instanceof HTMLInputElement)) return false;
  field.focus();
  field.select();
  return true;
}

/** Enter opens the row, because its link has the focus. @param {1 | -1} step */
function moveBy(step) {
  const rows = [...document.querySelectorAll(ROWS)];
  const now = rows.findIndex((row) => row === document.activeElement);
  const next = rows[now === -1 ? (step === 1 ? 0 : rows.length - 1) : now + step];
  if (!(next instanceof HTMLElement)) return rows.length > 0;
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
  return true;
}
