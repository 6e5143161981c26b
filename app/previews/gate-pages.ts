import type { AccessRule } from '../../src/access/grant.js';
import { GATE_PATHS } from '../../src/shared/preview-access.js';
import { loadPage } from '../render.js';
import { ICONS, type PageText } from './page-texts.js';
import type { Visit } from './visit.js';
import { STATUS_PATH } from './preview.js';
import { ALWAYS } from './represent.js';
import { writeHead } from './send-file.js';
import { type PageModel, sendPage } from './wait-pages.js';

const PROTECTED: PageText = {
  status: 401,
  heading: 'This preview is protected',
  message: '',
  tone: 'calm',
  icon: 'lock',
  retryAfter: null,
  watches: false,
};

const MESSAGES = {
  github:
    'Sign in with an account that can read its repository. Whoever may write there can also share a link with you.',
  password:
    'Enter the password of its project. Whoever may write to the repository can also share a link with you.',
  unset:
    'No password is set for its project, so nobody can come in yet. An administrator of the repository sets one, or a person who may write there shares a link with you.',
} as const;

/** Why a visitor sees the page again, with the status of the answer. */
const REASONS = {
  'wrong-password': { text: 'That password is wrong.', status: 401 },
  'too-many': { text: 'Too many wrong passwords. Try again in 15 minutes.', status: 429 },
  'dead-link': { text: 'This link does not work: it was revoked, or its time is over.', status: 401 },
  'foreign-form': { text: 'The password must be entered on this page. Try again.', status: 403 },
  'sign-in-lost': {
    text: 'That sign-in was not begun in this browser, was used before, or took too long. Sign in again.',
    status: 401,
  },
} as const;
export type GateReason = keyof typeof REASONS;

interface GatePage {
  readonly rule: AccessRule;
  /** Where the visitor goes on afterwards. */
  readonly to: string;
  readonly reason: GateReason | null;
}

const RETRY_SECONDS = 15 * 60;

/** The gate's own pages are kept nowhere, and their form says from which host it is sent. */
const PRIVATE = [
  'cache-control',
  'private, no-store',
  'referrer-policy',
  'same-origin',
  'www-authenticate',
  'Vitrine',
];

/** The page in front of a protected preview. It says nothing of what is behind it. */
export function createGatePages({ signInLabel }: { readonly signInLabel: string }) {
  const render = loadPage<PageModel>({
    template: 'preview-page',
    style: 'preview-style',
    script: 'preview-script',
    formAction: ["'self'"],
  });
  return {
    send(visit: Visit, page: GatePage): null {
      if (visit.request.url?.replace(/\?.*$/, '') === STATUS_PATH) return sendState(visit);
      const { html, policy } = render(modelOf(page, { label: visit.label, signInLabel }));
      const status = page.reason === null ? PROTECTED.status : REASONS[page.reason].status;
      const retryAfter = status === 429 ? RETRY_SECONDS : null;
      sendPage(visit, { status, body: Buffer.from(html), policy, retryAfter }, PRIVATE);
      return null;
    },
  };
}

/** What polls the state learns that it may not. */
function sendState({ request, response }: Visit): null {
  const body = JSON.stringify({ state: 'protected', live: false });
  const head = ['content-type', 'application/json; charset=utf-8', 'content-length', String(body.length)];
  writeHead(response, { status: 401, head: [...head, ...ALWAYS], extra: PRIVATE });
  response.end(request.method === 'HEAD' ? undefined : body);
  return null;
}

function modelOf(
  { rule, to, reason }: GatePage,
  { label, signInLabel }: { readonly label: string; readonly signInLabel: string },
): PageModel {
  const isUnset = rule.mode === 'password' && rule.passwordVersion === null;
  return {
    ...PROTECTED,
    message: isUnset ? MESSAGES.unset : MESSAGES[rule.mode],
    icon: ICONS[PROTECTED.icon],
    state: 'protected',
    label,
    title: null,
    reason: reason && REASONS[reason].text,
    link: rule.mode === 'github' ? { text: signInLabel, url: signInAddress(to) } : null,
    otherLinks: [],
    form: rule.mode === 'password' && !isUnset ? { action: GATE_PATHS.password, to } : null,
  };
}

function signInAddress(to: string): string {
  return `${GATE_PATHS.signIn}?${String(new URLSearchParams({ to }))}`;
}
