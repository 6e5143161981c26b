const MARK = '\n\u2026 (cut)';

/**
 * At most so many bytes of Markdown, cut between two characters, with an open block of code closed. GitHub counts bytes, not
 * characters, in the output of a check: https://github.com/github/docs/issues/35252
 */
export function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const room = maxBytes - Buffer.byteLength(MARK);
  if (room <= 0) return prefix(text, maxBytes);
  let size = room;
  let result = whole(text, size);
  while (Buffer.byteLength(result) > maxBytes) {
    size = Math.max(0, size - (Buffer.byteLength(result) - maxBytes));
    result = whole(text, size);
  }
  return result;
}

/** So many bytes of the text, the mark, and the end of a block that is open there; with no bytes, the mark alone. */
function whole(text: string, bytes: number): string {
  const kept = prefix(text, bytes);
  return `${kept}${MARK}${closing(kept)}`;
}

/** The longest beginning of the text that fits, without half a character at its end. */
function prefix(text: string, bytes: number): string {
  const cut = Buffer.from(text).subarray(0, Math.max(0, bytes));
  let end = cut.length;
  const first = lastStart(cut);
  if (first + lengthOf(cut[first] ?? 0) > end) end = first;
  return cut.subarray(0, end).toString('utf8');
}

function lastStart(bytes: Buffer): number {
  let at = Math.max(0, bytes.length - 1);
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  return at;
}

function lengthOf(first: number): number {
  if (first >= 0xf0) return 4;
  if (first >= 0xe0) return 3;
  return first >= 0xc0 ? 2 : 1;
}

/** What closes the block of code that a text leaves open: https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
function closing(text: string): string {
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const [, ticks = '', rest = ''] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    const closes = open !== undefined && ticks.startsWith(open) && rest.trim() === '';
    const opens = open === undefined && ticks !== '' && !(ticks.startsWith('`') && rest.includes('`'));
    if (closes) open = undefined;
    if (opens) open = ticks;
  }
  return open === undefined ? '' : `\n${open}`;
}
