import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import type { Page } from '../src/contract/operation.js';
import { escapeText, fence, inlineCode } from '../src/shared/markdown.js';
import { projectRoot } from './config/project-root.js';
import { contentSecurityPolicy } from './http/respond.js';

/** Renders one template. Templates are parsed at the start, so that a mistake in one stops the start and not a report. */
type Template<Model, Result = string> = (model: Model) => Result;

export type LoadTemplate = <Model>(name: string) => Template<Model>;

const TEMPLATES = join(projectRoot(), 'templates');

/** The templates of what GitHub shows: Markdown. */
export function loadTemplates(directory: string = TEMPLATES): LoadTemplate {
  const folder = join(directory, 'partials');
  const names = readdirSync(folder).filter((name) => name.endsWith('.hbs'));
  const partials = names.map((name) => [
    name.slice(0, -'.hbs'.length),
    readFileSync(join(folder, name), 'utf8'),
  ]);
  const compile = createCompiler(Object.fromEntries(partials) as Record<string, string>);
  return <Model>(name: string) => {
    const render = compile<Model>(readTemplate(directory, name));
    return (model: Model) =>
      `${render(model)
        .replace(/\n{3,}/g, '\n\n')
        .trim()}\n`;
  };
}

interface PageParts {
  readonly template: string;
  /** Templates that the page contains as `{{> style}}`, after the tokens, and `{{> script}}`. */
  readonly style: string;
  readonly script?: string;
  /** Where its forms may be sent to; nowhere when absent. */
  readonly formAction?: readonly string[];
  readonly directory?: string;
}

/** The template of an HTML page. Style and script are part of the page, so that it loads nothing else. */
export function loadPage<Model>(parts: PageParts): Template<Model, Page> {
  const { template, style, script, formAction, directory = TEMPLATES } = parts;
  const partials = {
    style: `${readTokens()}\n${readTemplate(directory, style)}`,
    ...(script !== undefined && { script: readTemplate(directory, script) }),
  };
  const render = createCompiler(partials)<Model>(readTemplate(directory, template));
  const policy = contentSecurityPolicy({ ...partials, ...(formAction && { formAction }) });
  return (model) => ({ html: render(model), policy });
}

/** The colours and fonts of everything that people see: the dashboard loads them as a file, other pages carry them. */
export function readTokens(): string {
  return readFileSync(join(TEMPLATES, 'assets/tokens.css'), 'utf8').trim();
}

/** Helpers of one kind of templates, by name. What they give is put into the page as it is, so they escape what they are given. */
export type HtmlHelpers = Readonly<Record<string, (...values: unknown[]) => string>>;

/** Templates of pages that share a frame and other partials: each gives HTML. */
export function loadHtmlTemplates({
  directory,
  partials: folder,
  helpers,
}: {
  readonly directory: string;
  readonly partials: string;
  readonly helpers: HtmlHelpers;
}): LoadTemplate {
  const names = readdirSync(folder).filter((name) => name.endsWith('.hbs'));
  const partials = names
    .map((name) => name.slice(0, -'.hbs'.length))
    .map((name) => [name, readTemplate(folder, name)]);
  const compile = createCompiler(Object.fromEntries(partials) as Record<string, string>, { helpers });
  return <Model>(name: string) => compile<Model>(readTemplate(directory, name));
}

/** Text as it may stand in a page, between tags and in the value of an attribute. */
export const escapeHtml = (text: string): string => Handlebars.escapeExpression(text);

/** A mail in both forms. */
export interface MailParts {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The address of this server: its receiver may not know what Vitrine is. */
export interface MailSender {
  readonly server: string;
}

export type MailText<Model> = Template<Model, MailParts>;

/** The template of a mail: its subject is the first line of the text form. In that form nothing has a meaning, so nothing is escaped. */
export function loadMail<Model>(
  name: string,
  directory: string = join(TEMPLATES, 'mail'),
): MailText<Model & MailSender> {
  const partials = {
    layout: readTemplate(directory, 'layout.html'),
    button: readTemplate(directory, 'button.html'),
    facts: readTemplate(directory, 'facts.html'),
    'facts-text': readTemplate(directory, 'facts.text'),
  };
  const html = createCompiler(partials)<Model>(readTemplate(directory, `${name}.html`));
  const plain = createCompiler(partials, { noEscape: true });
  const text = plain<Model>(readTemplate(directory, `${name}.text`));
  const footer = plain<MailSender>(readTemplate(directory, 'footer.text'));
  return (model) => {
    const [subject = '', ...body] = text(model).split('\n');
    return { subject, text: `${body.join('\n').trim()}\n\n${footer(model)}\n`, html: html(model) };
  };
}

function readTemplate(directory: string, name: string): string {
  return readFileSync(join(directory, `${name}.hbs`), 'utf8').trim();
}

/** The one set-up of Handlebars: a missing value or an unknown helper is an error. */
function createCompiler(
  partials: Readonly<Record<string, string>>,
  { noEscape = false, helpers }: { readonly noEscape?: boolean; readonly helpers?: HtmlHelpers } = {},
) {
  const engine = Handlebars.create();
  engine.registerHelper(helpers ? asHelpers(helpers) : TAGS);
  engine.registerPartial(partials);
  return <Model>(source: string): Template<Model> =>
    engine.compile<Model>(parse(source), { strict: true, noEscape });
}

/** Of each template once a process: that is a third of what a start computes, and tests start many servers in one process. */
const parsed = new Map<string, ReturnType<typeof Handlebars.parse>>();

function parse(source: string): ReturnType<typeof Handlebars.parse> {
  const known = parsed.get(source) ?? Handlebars.parse(source);
  parsed.set(source, known);
  return known;
}

/** Handlebars adds an object of its own after what a template gives. */
function asHelpers(helpers: HtmlHelpers): typeof TAGS {
  const entries = Object.entries(helpers).map(([name, helper]) => {
    return [name, (...values: unknown[]) => safe(helper(...values.slice(0, -1)))] as const;
  });
  return Object.fromEntries(entries);
}

/**
 * Helpers of the Markdown templates. A value without a helper is escaped as HTML, so that a forgotten one does no harm. Helpers take
 * strings only: an object could have a method `toHTML`.
 */
const TAGS: Readonly<Record<string, (...values: unknown[]) => Handlebars.SafeString>> = {
  /** Names, branches, commits. */
  code: (value) => safe(inlineCode(words(value))),
  /** Words of a sentence. */
  text: (value) => safe(escapeText(words(value), 600)),
  /** Words of a sentence. Text in quotes becomes code, so that it can be copied: labels, keys of the settings. */
  sentence: (value) =>
    safe(
      words(value)
        .split(/"([^"]*)"/)
        .map(quotedAsCode)
        .join(''),
    ),
  /** Lines of a log. */
  fence: (value) => safe(fence(words(value))),
  /** `{{link label url}}`; only the label when the URL is not http or https. */
  link: (label, url) => safe(linkTo(escapeText(words(label)), words(url))),
  /** A link with its label as code: `{{codelink sha url}}`. */
  codelink: (label, url) => safe(linkTo(inlineCode(words(label)), words(url))),
  /** A link that shows its host, and its path when it has one. */
  address: (url) => safe(linkTo(shown(words(url)), words(url))),
  /** `{{picture label small large}}`: a picture that leads to a larger one. Both addresses are the server's own. */
  picture: (label, small, large) =>
    safe(linkTo(`!${linkTo(escapeText(words(label)), words(small))}`, words(large))),
  /** The marker by which the server finds its comment again. */
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

/** `escapeText` trims, so the spaces beside quoted text are put back. */
function quotedAsCode(part: string, index: number): string {
  if (index % 2 === 1) return inlineCode(part);
  const before = /^\s/.test(part) ? ' ' : '';
  const after = /\S\s+$/.test(part.slice(-20)) ? ' ' : '';
  return `${before}${escapeText(part, 600)}${after}`;
}

function linkTo(label: string, url: string): string {
  const href = hrefOf(url);
  if (!href) return label;
  // In angle brackets every other character is allowed, but a pipe would end a table cell.
  const plain = !/[()<>|\\]/.test(href);
  return plain ? `[${label}](${href})` : `[${label}](<${href.replace(/[<>|\\]/g, encodeURIComponent)}>)`;
}

/** The address without its protocol and without zero-width marks, so that it can be copied. */
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
