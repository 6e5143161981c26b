/** Searches the whole log at the server, and leads to what was found. */

const SHORTEST = 2;
const PAUSE_MS = 350;
const AT_ONCE = 100;

/** @param {HTMLElement} root @param {{ path: string, onGo: (line: number) => void, onFind: (text: string) => void }} options */
export function searchLog(root, { path, onGo, onFind }) {
  const form = root.querySelector('.log-search');
  const field = form.querySelector('input[type=search]');
  const box = root.querySelector('[data-hits]');
  const list = root.querySelector('[data-hits-list]');
  const count = root.querySelector('[data-hits-count]');
  const more = root.querySelector('[data-hits-more]');
  let asked = '';
  let cursor = null;
  let current = -1;
  let timer = 0;

  async function find(text) {
    asked = text;
    cursor = null;
    current = -1;
    onFind(text.length < SHORTEST ? '' : text);
    if (text.length < SHORTEST) return (box.hidden = true);
    await load(true);
  }

  async function load(isNew) {
    const text = asked;
    const query = new URLSearchParams({ q: text, limit: String(AT_ONCE), ...(cursor && { cursor }) });
    const answer = await fetch(`${path}?${query}`, { headers: { accept: 'application/json' } }).catch(() => null);
    if (text !== asked) return;
    box.hidden = false;
    if (!answer?.ok) return (count.textContent = 'The search did not work: try again.');
    const { items, nextCursor } = await answer.json();
    if (text !== asked) return;
    if (isNew) list.replaceChildren();
    list.append(...items.map(({ line }) => hit(line, text)));
    cursor = nextCursor;
    more.hidden = cursor === null;
    const found = list.children.length;
    if (found === 0) count.textContent = `No line has “${text}”`;
    else count.textContent = `${cursor === null ? '' : 'The first '}${found.toLocaleString()} ${found === 1 ? 'line has' : 'lines have'} “${text}”`;
  }

  function hit({ number, text }, wanted) {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = `#L${number}`;
    const digits = document.createElement('span');
    digits.className = 'n';
    digits.textContent = String(number);
    const words = document.createElement('span');
    words.dir = 'ltr';
    words.append(...around(plain(text), wanted));
    link.append(digits, ' ', words);
    item.append(link);
    return item;
  }

  /** Enter goes from one to the next. */
  function step(by) {
    const links = list.querySelectorAll('a');
    if (links.length === 0) return;
    current = (current + by + links.length) % links.length;
    list.querySelector('[aria-current]')?.removeAttribute('aria-current');
    links[current].setAttribute('aria-current', 'true');
    links[current].scrollIntoView({ block: 'nearest' });
    onGo(lineOf(links[current]));
  }

  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => find(field.value.trim()), PAUSE_MS);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    field.value = '';
    find('');
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    const text = field.value.trim();
    const line = /^:(\d{1,12})$/.exec(text);
    if (line) return onGo(Number(line[1]));
    if (text !== asked) await find(text);
    step(1);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !event.shiftKey) return;
    event.preventDefault();
    step(-1);
  });
  more.addEventListener('click', () => load(false));
  list.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link) return;
    event.preventDefault();
    current = [...list.querySelectorAll('a')].indexOf(link);
    onGo(lineOf(link));
  });
  if (field.value.trim().length >= SHORTEST) find(field.value.trim());
}

const lineOf = (link) => Number(/#L(\d+)$/.exec(link.href)?.[1]);

/** Without its colours. */
const plain = (text) => text.replace(/\u001b\[[\d;:]*m/g, '');

const BEFORE = 60;
const LONGEST = 300;

/** The place where it was found, marked. */
function around(text, wanted) {
  const at = text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return [text.slice(0, LONGEST)];
  const start = Math.max(0, at - BEFORE);
  const mark = document.createElement('mark');
  mark.textContent = text.slice(at, at + wanted.length);
  return [`${start > 0 ? '…' : ''}${text.slice(start, at)}`, mark, text.slice(at + wanted.length, start + LONGEST)];
}
