/** One line of a log as a part of the page. What it says is text, whatever it says. */
import { Anser } from './anser.js';

/** What is longer is shown on demand: laying out a screen full of very long lines takes seconds. */
const LONGEST = 4_000;

const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });

/** @param {{ number: number, at: number, level: string, text: string }} line */
export function drawLine({ number, at, level, text }) {
  const row = document.createElement('div');
  row.className = level === 'info' ? 'line' : `line ${level}`;
  row.dataset.number = String(number);
  const link = document.createElement('a');
  link.className = 'n';
  link.href = `#L${number}`;
  link.textContent = String(number);
  link.dataset.at = clock.format(at);
  const words = document.createElement('span');
  words.className = 't';
  if (text.length > LONGEST) shorten(words, text);
  else paint(words, text);
  row.append(link, words);
  return row;
}

function shorten(words, text) {
  paint(words, text.slice(0, LONGEST));
  const more = document.createElement('button');
  more.type = 'button';
  more.className = 'rest';
  more.textContent = `${(text.length - LONGEST).toLocaleString()} more characters`;
  more.addEventListener('click', () => {
    words.replaceChildren();
    paint(words, text);
    words.dispatchEvent(new CustomEvent('whole-line', { bubbles: true }));
  });
  words.append(more);
}

function paint(words, text) {
  if (!text.includes('\u001b')) return words.append(text);
  for (const part of Anser.ansiToJson(text, { use_classes: true, remove_empty: true })) words.append(piece(part));
}

const DECORATIONS = ['bold', 'dim', 'italic', 'underline', 'strikethrough'];

function piece({ content, fg, bg, fg_truecolor, bg_truecolor, decorations = [] }) {
  const kept = decorations.filter((name) => DECORATIONS.includes(name));
  if (!fg && !bg && kept.length === 0) return content;
  const span = document.createElement('span');
  span.textContent = content;
  for (const name of kept) span.classList.add(`ansi-${name}`);
  colour(span, { side: 'fg', name: fg, exact: fg_truecolor });
  colour(span, { side: 'bg', name: bg, exact: bg_truecolor });
  return span;
}

/** The sixteen colours are those of the theme. Others are mixed with the text or the ground, so that they can be read on both. */
function colour(span, { side, name, exact }) {
  if (!name) return;
  const rgb = name === 'ansi-truecolor' ? exact : paletteColour(name);
  if (rgb === null) return span.classList.add(`${name}-${side}`);
  if (!/^\d{1,3}, ?\d{1,3}, ?\d{1,3}$/.test(rgb ?? '')) return;
  if (side === 'fg') span.style.color = `color-mix(in srgb, rgb(${rgb}) 30%, var(--ink))`;
  else span.style.background = `color-mix(in srgb, rgb(${rgb}) 30%, var(--code))`;
}

const STEPS = [0, 95, 135, 175, 215, 255];

function paletteColour(name) {
  const index = Number(/^ansi-palette-(\d+)$/.exec(name)?.[1] ?? NaN);
  if (Number.isNaN(index)) return null;
  if (index >= 232) return Array(3).fill(8 + 10 * (index - 232)).join(', ');
  const cube = index - 16;
  return [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((step) => STEPS[step]).join(', ');
}

/** Marks each place of a drawn line that has this text, in any case, as the search of the server finds it; none when it is empty. */
export function markHits(row, wanted) {
  const words = row.querySelector('.t');
  const marked = words.querySelectorAll('mark');
  for (const mark of marked) mark.replaceWith(...mark.childNodes);
  if (marked.length > 0) words.normalize();
  if (wanted === '') return;
  const places = placesOf(words.textContent.toLowerCase(), wanted.toLowerCase());
  if (places.length > 0) wrap(words, places);
}

function placesOf(text, wanted) {
  const places = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) places.push({ from: at, to: at + wanted.length });
  return places;
}

/** A hit may begin in one colour and end in another: each piece of it is marked. */
function wrap(words, places) {
  const walker = document.createTreeWalker(words, NodeFilter.SHOW_TEXT, (node) => (node.parentElement.closest('button') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  const pieces = [];
  for (let start = 0; walker.nextNode(); start += walker.currentNode.length) pieces.push({ node: walker.currentNode, start });
  for (const { node, start } of pieces) {
    const end = start + node.length;
    const inside = places.filter(({ from, to }) => from < end && to > start);
    // From the end, so that what comes before keeps its place.
    for (const { from, to } of inside.reverse()) {
      const range = document.createRange();
      range.setStart(node, Math.max(from, start) - start);
      range.setEnd(node, Math.min(to, end) - start);
      range.surroundContents(document.createElement('mark'));
    }
  }
}
