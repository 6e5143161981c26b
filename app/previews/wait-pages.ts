import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
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
export function createPreviewPages(templates: string): PreviewPages {
  const read = (name: string) => readFileSync(join(templates, `preview-${name}.hbs`), 'utf8').trim();
  const style = read('style');
  const script = read('script');
  const handlebars = Handlebars.create();
  handlebars.registerPartial({ style, script });
  const template = handlebars.compile(read('page'), { strict: true, knownHelpersOnly: true });
  const policy = policyFor({ style, script });
  return {
    render(request) {
      const text = textOf(request);
      const body = Buffer.from(template(modelOf(text, request)));
      return { status: text.status, body, policy, retryAfter: text.retryAfter };
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

/** Style and script stand in the page itself and are allowed by what they are, not by where they are. */
function policyFor({ style, script }: { readonly style: string; readonly script: string }): string {
  return [
    "default-src 'none'",
    `style-src '${sourceHash(style)}'`,
    `script-src '${sourceHash(script)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`;
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
