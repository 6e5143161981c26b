import Handlebars from 'handlebars';
import { Marked } from 'marked';

/** The HTML elements that our templates write. None of them may carry an attribute. */
const ALLOWED_TAG = /&lt;(\/?(?:details|summary|sub))&gt;/g;

/** GitHub keeps the line breaks of a comment. */
const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => rawHtml(text),
    image: ({ text }) => Handlebars.escapeExpression(text),
    // Escaping does not stop `javascript:`, so only web addresses become links. False: as marked renders it.
    link({ href, tokens }) {
      return /^https?:\/\//.test(href) ? false : this.parser.parseInline(tokens);
    },
  },
});

/** GitHub's Markdown as HTML that is safe to show, also when a stranger wrote it: HTML other than ours is shown as text. */
export function markdownToHtml(markdown: string): string {
  return marked.parse(markdown, { async: false });
}

function rawHtml(text: string): string {
  const shown = text.replace(/<!--[^]*?-->/g, '');
  return Handlebars.escapeExpression(shown).replace(ALLOWED_TAG, '<$1>');
}
