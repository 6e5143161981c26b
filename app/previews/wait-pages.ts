import type { IncomingMessage, ServerResponse } from 'node:http';
import { loadPage } from '../render.js';
import { ICONS, OTHER_PAGES, type PageText } from './page-texts.js';
import type { PageLink, WaitingPreview } from './preview.js';
import { ALWAYS } from './represent.js';
import { writeHead } from './send-file.js';

/** One of the fixed pages, or that of a preview with nothing to serve. */
export interface PageRequest {
  readonly page: keyof typeof OTHER_PAGES | WaitingPreview;
  readonly label?: string;
}

export interface RenderedPage {
  readonly status: number;
  readonly body: Buffer;
  /** Content-Security-Policy of the page. */
  readonly policy: string;
  readonly retryAfter: number | null;
}

export interface PreviewPages {
  render(request: PageRequest): RenderedPage;
}

/** The server's own pages on preview hosts. They load no other file. */
export function createPreviewPages(directory?: string): PreviewPages {
  const renderPage = loadPage<PageModel>({
    template: 'preview-page',
    style: 'preview-style',
    script: 'preview-script',
    ...(directory !== undefined && { directory }),
  });
  return {
    render(request) {
      const text = textOf(request);
      const { html, policy } = renderPage(modelOf(text, request));
      return { status: text.status, body: Buffer.from(html), policy, retryAfter: text.retryAfter };
    },
  };
}

function textOf({ page }: PageRequest): PageText {
  return typeof page === 'string' ? OTHER_PAGES[page] : page.text;
}

/** The fields of the template that all pages have, beside those of their text. */
export interface PageModel extends Omit<PageText, 'icon'> {
  readonly icon: string;
  readonly state: string;
  readonly label: string | null;
  readonly title: string | null;
  readonly reason: string | null;
  readonly link: PageLink | null;
  readonly otherLinks: readonly PageLink[];
  /** For the password of a protected preview. */
  readonly form: { readonly action: string; readonly to: string } | null;
}

function modelOf(text: PageText, { page, label }: PageRequest): PageModel {
  const waiting = typeof page === 'string' ? null : page;
  return {
    ...text,
    message: waiting?.message ?? text.message,
    icon: ICONS[text.icon],
    state: typeof page === 'string' ? page : page.state,
    label: label ?? null,
    title: waiting?.title ?? null,
    reason: waiting?.reason ?? null,
    link: waiting?.link && isSafe(waiting.link) ? waiting.link : null,
    otherLinks: (waiting?.otherLinks ?? []).filter(isSafe),
    form: null,
  };
}

/** Escaping does not stop `javascript:`, so only web URLs become links. */
function isSafe({ url }: PageLink): boolean {
  return /^https?:\/\//.test(url);
}

/** Sends one of these pages. It is not cached, because the state of the preview changes. */
export function sendPage(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  page: RenderedPage,
  extra: readonly string[] = [],
): undefined {
  const retry = page.retryAfter === null ? [] : ['retry-after', String(page.retryAfter)];
  const head = [
    ...['content-type', 'text/html; charset=utf-8', 'content-length', String(page.body.length)],
    ...['cache-control', 'no-store', 'content-security-policy', page.policy],
    ...retry,
    ...ALWAYS,
  ];
  writeHead(response, { status: page.status, head, extra });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}
