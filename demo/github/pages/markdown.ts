import { escapeHtml, inlineHtml } from './inline-markdown.js';

/** One kind of block: how it begins, and how far it goes. */
interface Block {
  readonly begins: RegExp;
  /** How many of these lines belong to it; absent = all that begin like it. */
  readonly length?: (lines: readonly string[]) => number;
  readonly html: (lines: readonly string[]) => string;
}

const BLOCKS: readonly Block[] = [
  { begins: /^`{3,}\w*$/, length: fenceLength, html: fenceHtml },
  { begins: /^#{1,6} /, length: () => 1, html: ([line = '']) => headingHtml(line) },
  { begins: /^\|/, html: tableHtml },
  {
    begins: /^- /,
    html: (lines) => `<ul>${lines.map((line) => wrapped('li', line.slice(2))).join('')}</ul>`,
  },
  { begins: /^> /, html: (lines) => `<blockquote>${brief(lines.map((line) => line.slice(2)))}</blockquote>` },
  { begins: /^<\/?details>$/, length: () => 1, html: ([line = '']) => line },
  { begins: /^<summary>.*<\/summary>$/, length: () => 1, html: ([line = '']) => summaryHtml(line) },
  { begins: /^<!--.*-->$/, length: () => 1, html: () => '' },
];

/** The Markdown that our templates write, as HTML that is safe to show. It is no Markdown for everybody. */
export function markdownToHtml(markdown: string): string {
  const lines = markdown.split('\n');
  const html: string[] = [];
  for (let at = 0; at < lines.length;) {
    const rest = lines.slice(at);
    const block = BLOCKS.find(({ begins }) => begins.test(rest[0] ?? ''));
    const length = block ? lengthOf(block, rest) : paragraphLength(rest);
    const own = rest.slice(0, length);
    html.push(block ? block.html(own) : paragraphHtml(own));
    at += Math.max(1, length);
  }
  return balanced(html.filter((part) => part !== '')).join('\n');
}

function lengthOf({ begins, length }: Block, lines: readonly string[]): number {
  return length ? length(lines) : countWhile(lines, (line) => begins.test(line));
}

function paragraphLength(lines: readonly string[]): number {
  return countWhile(lines, (line) => line.trim() !== '' && !BLOCKS.some(({ begins }) => begins.test(line)));
}

function countWhile(lines: readonly string[], fits: (line: string) => boolean): number {
  const end = lines.findIndex((line) => !fits(line));
  return end === -1 ? lines.length : end;
}

function paragraphHtml(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<p>${brief(lines)}</p>`;
}

function brief(lines: readonly string[]): string {
  return lines.map(inlineHtml).join('<br>');
}

function wrapped(tag: string, text: string): string {
  return `<${tag}>${inlineHtml(text)}</${tag}>`;
}

function headingHtml(line: string): string {
  const [marks = ''] = line.split(' ', 1);
  return wrapped(`h${marks.length}`, line.slice(marks.length + 1));
}

function summaryHtml(line: string): string {
  return wrapped('summary', line.slice('<summary>'.length, -'</summary>'.length));
}

function fenceLength([first = '', ...lines]: readonly string[]): number {
  const end = lines.indexOf(/^`+/.exec(first)?.[0] ?? '');
  return end === -1 ? lines.length + 1 : end + 2;
}

function fenceHtml(lines: readonly string[]): string {
  return `<pre><code>${escapeHtml(lines.slice(1, -1).join('\n'))}</code></pre>`;
}

function tableHtml([head = '', ruler = '', ...rows]: readonly string[]): string {
  const right = cellsOf(ruler).map((cell) => cell.endsWith('-:'));
  const rowHtml = (tag: 'th' | 'td') => (line: string) => {
    const cell = (text: string, index: number) =>
      `<${tag}${right[index] ? ' class="right"' : ''}>${inlineHtml(text)}</${tag}>`;
    return `<tr>${cellsOf(line).map(cell).join('')}</tr>`;
  };
  const body = rows.map(rowHtml('td')).join('');
  return `<table><thead>${rowHtml('th')(head)}</thead><tbody>${body}</tbody></table>`;
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** Every `<details>` has an end, and nothing else is ended. */
function balanced(parts: readonly string[]): string[] {
  let open = 0;
  const kept = parts.filter((part) => {
    if (part === '<details>') open += 1;
    if (part !== '</details>') return true;
    open -= 1;
    if (open >= 0) return true;
    open = 0;
    return false;
  });
  return [...kept, ...Array.from({ length: open }, () => '</details>')];
}
