import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import { type HTMLElement, parse } from 'node-html-parser';

interface Form {
  readonly action: string;
  readonly method: string;
  /** The value of each named field. */
  readonly fields: Readonly<Record<string, string>>;
}

interface Page {
  /** The page as it was sent, for assertions about its escaping. */
  readonly html: string;
  readonly title: string;
  /** What a reader sees of the page, or of each element that the selector finds: entities decoded, spaces joined. */
  text(): string;
  texts(selector: string): readonly string[];
  /** How many elements the selector finds. */
  count(selector: string): number;
  /** Address by the text of the link. */
  readonly links: Readonly<Record<string, string>>;
  readonly forms: readonly Form[];
  /** The content of the one `<style>` or `<script>` of the page. */
  source(tag: 'style' | 'script'): string;
  /** How a Content-Security-Policy names that content. */
  hashOf(tag: 'style' | 'script'): string;
}

interface OpenedPage extends Page {
  readonly headers: Headers;
  /** The Content-Security-Policy. */
  readonly policy: string;
}

/** Fetches a page as a browser does. The answer must be HTML with the expected status. */
export async function openPage(
  url: string | URL,
  { status = 200, ...init }: RequestInit & { status?: number } = {},
): Promise<OpenedPage> {
  const headers = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
  const answer = await fetch(url, { headers, ...init });
  const html = await answer.text();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
  const policy = answer.headers.get('content-security-policy') ?? '';
  return { ...readPage(html), headers: answer.headers, policy };
}

export function readPage(html: string): Page {
  const root = parse(html);
  const source = (tag: string): string => {
    const found = root.querySelectorAll(tag);
    expect([tag, found.length]).toEqual([tag, 1]);
    return found[0]?.rawText ?? '';
  };
  return {
    html,
    title: textOf(root.querySelector('title')),
    text: () => textOf(root.querySelector('body')),
    texts: (selector) => root.querySelectorAll(selector).map(textOf),
    count: (selector) => root.querySelectorAll(selector).length,
    links: Object.fromEntries(
      root.querySelectorAll('a[href]').map((link) => [textOf(link), link.getAttribute('href') ?? '']),
    ),
    forms: root.querySelectorAll('form').map(readForm),
    source,
    hashOf: (tag) => `'sha256-${createHash('sha256').update(source(tag)).digest('base64')}'`,
  };
}

function readForm(form: HTMLElement): Form {
  const fields = form
    .querySelectorAll('[name]')
    .map((field) => [field.getAttribute('name'), field.getAttribute('value') ?? ''] as const);
  return {
    action: form.getAttribute('action') ?? '',
    method: form.getAttribute('method') ?? 'get',
    fields: Object.fromEntries(fields),
  };
}

function textOf(element: HTMLElement | null): string {
  if (element === null) return '';
  const copy = parse(element.outerHTML);
  for (const hidden of copy.querySelectorAll('script, style')) hidden.remove();
  return copy.text.replace(/\s+/g, ' ').trim();
}
