import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { escapeText, fence, inlineCode } from '../src/shared/markdown.js';
import { projectRoot } from './config/project-root.js';

/** A template with its model: parsed once, at the start, so that a mistake in one stops the start and not a report. */
type Template<Model> = (model: Model) => string;

export type LoadTemplate = <Model>(name: string) => Template<Model>;

export function loadTemplates(directory: string = join(projectRoot(), 'templates')): LoadTemplate {
  const engine = Handlebars.create();
  engine.registerHelper(TAGS);
  const partials = join(directory, 'partials');
  for (const file of readdirSync(partials).filter((name) => name.endsWith('.hbs'))) {
    engine.registerPartial(file.slice(0, -'.hbs'.length), readFileSync(join(partials, file), 'utf8'));
  }
  return (name) => parse(engine, readFileSync(join(directory, `${name}.hbs`), 'utf8'));
}

function parse<Model>(engine: typeof Handlebars, source: string): Template<Model> {
  const render = engine.compile<Model>(Handlebars.parse(source), { strict: true });
  return (model) =>
    `${render(model)
      .replace(/\n{3,}/g, '\n\n')
      .trim()}\n`;
}

/**
 * What templates may do with a value. A value without one of these is escaped as HTML, so that what is forgotten does no harm.
 * Only strings come in: objects could carry `toHTML` or a prototype of their own.
 */
const TAGS: Readonly<Record<string, (...values: unknown[]) => Handlebars.SafeString>> = {
  /** Names, branches, commits. */
  code: (value) => safe(inlineCode(words(value))),
  /** Words of a sentence. */
  text: (value) => safe(escapeText(words(value), 600)),
  /** The same, where what stands in quotes is to be copied: labels, keys of the settings. */
  sentence: (value) =>
    safe(
      words(value)
        .split(/"([^"]*)"/)
        .map(quotedAsCode)
        .join(''),
    ),
  /** Lines of a log. */
  fence: (value) => safe(fence(words(value))),
  /** `{{link label url}}`; the label alone when the address is none for a browser. */
  link: (label, url) => safe(linkTo(escapeText(words(label)), words(url))),
  /** As link, with a label in code: `{{codelink sha url}}`. */
  codelink: (label, url) => safe(linkTo(inlineCode(words(label)), words(url))),
  /** A link that shows its host, and its path when it has one. */
  address: (url) => safe(linkTo(shown(words(url)), words(url))),
  /** The marker by which a comment is found again. */
  hidden: (marker) => safe(/^<!-- [\w:.-]+ -->$/.test(words(marker)) ? words(marker) : ''),
};

function safe(markdown: string): Handlebars.SafeString {
  return new Handlebars.SafeString(markdown);
}

function words(value: unknown): string {
  if (typeof value !== 'string')
    throw new TypeError(`A template was given ${typeof value} where it shows text.`);
  return value;
}

/** Escaping trims and leaves marks that are not seen; between words a space must stay. */
function quotedAsCode(part: string, index: number): string {
  if (index % 2 === 1) return inlineCode(part);
  const before = /^\s/.test(part) ? ' ' : '';
  const after = /\S\s+$/.test(part.slice(-20)) ? ' ' : '';
  return `${before}${escapeText(part, 600)}${after}`;
}

function linkTo(label: string, url: string): string {
  const href = hrefOf(url);
  if (!href) return label;
  // Angle brackets take everything but themselves; a pipe would end a table cell.
  const plain = !/[()<>|\\]/.test(href);
  return plain ? `[${label}](${href})` : `[${label}](<${href.replace(/[<>|\\]/g, encodeURIComponent)}>)`;
}

/** Without zero-width marks, so that it can be copied. */
function shown(url: string): string {
  const text = hrefOf(url)?.replace(/^https?:\/\//, '');
  if (text === undefined) return inlineCode(url, 200);
  return /^[\w.:/%-]+$/.test(text) ? text.replaceAll('_', '\\_') : inlineCode(text, 200);
}

function hrefOf(url: string): string | undefined {
  const address = URL.canParse(url) ? new URL(url) : null;
  if (!address || !/^https?:$/.test(address.protocol)) return undefined;
  return address.href === `${address.origin}/` ? address.origin : address.href;
}
