import type { IncomingMessage, ServerResponse } from 'node:http';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { loadPage } from '../render.js';
import { ICONS, OTHER_PAGES, type PageText, STATUS_PAGES } from './page-texts.js';
import type { WaitingPreview } from './preview.js';
import { ALWAYS } from './represent.js';
import { writeHead } from './send-file.js';

export type PageKind = keyof typeof OTHER_PAGES | 'page';

interface PageRequest {
  readonly kind: PageKind;
  readonly label?: string;
  readonly waiting?: WaitingPreview | null;
}

interface RenderedPage {
  readonly status: number;
  readonly body: Buffer;
  /** Content-Security-Policy of the page. */
  readonly policy: string;
  readonly retryAfter: number | null;
}

export interface PreviewPages {
  render(request: PageRequest): RenderedPage;
}

/** Our own pages on preview hosts. They load nothing, so they work when nothing else does. */
export function createPreviewPages(directory?: string): PreviewPages {
  const renderPage = loadPage<ReturnType<typeof modelOf>>({
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

function textOf({ kind, waiting }: PageRequest): PageText {
  return kind === 'page' ? STATUS_PAGES[waiting?.state ?? ENVIRONMENT_STATUS.pending] : OTHER_PAGES[kind];
}

function modelOf(text: PageText, { kind, label, waiting }: PageRequest) {
  return {
    ...text,
    message: waiting?.message ?? text.message,
    icon: ICONS[text.icon],
    state: kind === 'page' ? (waiting?.state ?? ENVIRONMENT_STATUS.pending) : kind,
    label: label ?? null,
    title: waiting?.title ?? null,
    reason: waiting?.reason ?? null,
    link: safeLink(waiting),
  };
}

/** Escaping does not stop `javascript:`, so only web addresses become links. */
function safeLink(waiting: WaitingPreview | null | undefined): WaitingPreview['link'] {
  const link = waiting?.link;
  return link && /^https?:\/\//.test(link.url) ? link : null;
}

/** Sends one of our own pages on a preview host. It is never kept: what it says is about to change. */
export function sendPage(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  page: RenderedPage,
): undefined {
  const retry = page.retryAfter === null ? [] : ['retry-after', String(page.retryAfter)];
  const head = [
    ...['content-type', 'text/html; charset=utf-8', 'content-length', String(page.body.length)],
    ...['cache-control', 'no-store', 'content-security-policy', page.policy],
    ...retry,
    ...ALWAYS,
  ];
  writeHead(response, { status: page.status, head });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}
