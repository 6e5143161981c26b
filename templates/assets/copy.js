/** Buttons that copy a text: `<button data-copy="text" hidden>`. They are shown only where they work. */
export function copyButtons() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll('[data-copy][hidden]')) button.removeAttribute('hidden');
  document.addEventListener('click', async ({ target }) => {
    const button = target instanceof Element ? target.closest('[data-copy]') : null;
    if (!(button instanceof HTMLElement)) return;
    const label = button.getAttribute('aria-label') ?? button.textContent ?? '';
    await navigator.clipboard.writeText(button.dataset['copy'] ?? '');
    button.setAttribute('aria-label', 'Copied');
    button.classList.add('copied');
    setTimeout(() => {
      button.classList.remove('copied');
      button.setAttribute('aria-label', label);
    }, 1_500);
  });
}
