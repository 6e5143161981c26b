/** What stands within a line, in the order in which it is looked for. */
const TOKEN = new RegExp(
  [
    String.raw`(?<ticks>${'`'}+)(?<code>[^${'`'}]|[^${'`'}].*?[^${'`'}])\k<ticks>(?!${'`'})`,
    String.raw`\\(?<escaped>[!-/:-@[-${'`'}{-~])`,
    String.raw`\[(?<label>(?:\\.|${'`'}[^${'`'}]*${'`'}|[^\]\\])*)\]\((?:<(?<bracketed>[^<>]*)>|(?<plain>[^()\s]*))\)`,
    String.raw`\*\*(?<bold>(?:\\.|[^*\\])+)\*\*`,
    '<(?<tag>/?sub)>',
    '(?<entity>&(?:amp|lt|gt|quot|#\\d+);)',
    '<!--(?<comment>.*?)-->',
  ].join('|'),
  'g',
);

/** One line of Markdown as HTML. Whatever is not one of the forms above is text, and text is escaped. */
export function inlineHtml(line: string): string {
  let html = '';
  let at = 0;
  for (const match of line.matchAll(TOKEN)) {
    html += escapeHtml(line.slice(at, match.index)) + tokenHtml(match.groups ?? {});
    at = match.index + match[0].length;
  }
  return html + escapeHtml(line.slice(at));
}

function tokenHtml(token: Readonly<Record<string, string | undefined>>): string {
  const { code, escaped, label, bold, tag, entity } = token;
  if (code !== undefined) return `<code>${escapeHtml(code.replace(/^ (.*`|`.*) $/, '$1'))}</code>`;
  if (escaped !== undefined) return escapeHtml(escaped);
  if (bold !== undefined) return `<strong>${inlineHtml(bold)}</strong>`;
  if (tag !== undefined) return `<${tag}>`;
  if (entity !== undefined) return entity;
  return label === undefined ? '' : linkHtml(label, token.bracketed ?? token.plain ?? '');
}

/** Only web addresses become links: escaping alone does not stop `javascript:`. */
function linkHtml(label: string, url: string): string {
  const text = inlineHtml(label);
  return /^https?:\/\//.test(url) ? `<a href="${escapeHtml(url)}">${text}</a>` : text;
}

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
