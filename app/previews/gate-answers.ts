import { type AccessRule, type Grant, newGrant, sealGrant } from '../../src/access/grant.js';
import { useCode } from '../../src/access/hand-over.js';
import { tryPreviewPassword } from '../../src/access/password.js';
import type { PreviewAccessPorts } from '../../src/access/store.js';
import { hashToken, type TokenPorts } from '../../src/people/api-token.js';
import type { PasswordPorts } from '../../src/people/password.js';
import type { RequestRatePorts } from '../../src/people/request-rates.js';
import { isSecret, newSecret } from '../../src/people/session.js';
import { pathWithin, type ProviderPorts } from '../../src/people/sign-in.js';
import type { SealPorts } from '../../src/secrets/envelope.js';
import { ERROR_STATUS, isVitrineError } from '../../src/shared/errors.js';
import { GATE_PATHS, OPEN_PREVIEW } from '../../src/shared/preview-access.js';
import { type AddressPorts, previewUrl } from '../../src/shared/preview-url.js';
import type { Clock } from '../../src/shared/tools.js';
import { type BodyBudget, createBodyBudget } from '../http/body-budget.js';
import { readBody } from '../http/body.js';
import { type Cookies, createCookies, isFromOwnPage } from '../http/cookies.js';
import { callerAddress } from '../http/hosts.js';
import { createGatePages } from './gate-pages.js';
import type { Visit } from './visit.js';
import { ALWAYS } from './represent.js';
import { writeHead } from './send-file.js';

export type GateAnswerPorts = SealPorts &
  AddressPorts &
  PasswordPorts &
  RequestRatePorts &
  ProviderPorts &
  Pick<TokenPorts, 'tokens'> &
  Pick<PreviewAccessPorts, 'previewPasswords'> & { readonly clock: Clock };

interface Refusal {
  readonly rule: AccessRule;
  /** The request has a token that lets nobody in. */
  readonly badToken: boolean;
}

/** What the gate itself answers. */
export interface GateAnswers {
  /** Whether the path belongs to the gate. */
  takes(visit: Visit): boolean;
  answer(visit: Visit, rule: AccessRule): Promise<null>;
  /** The page on which visitors show what lets them in. */
  refuse(visit: Visit, refusal: Refusal): null;
  /** Leads to the same address without the token, which is already taken out of it. */
  withoutToken(visit: Visit, cookie: string | null): null;
  /** A value of `Set-Cookie`. */
  cookieOf(grant: Grant): string;
}

/** GitHub's code lives ten minutes, and a visitor may have to sign in first. */
const STATE_S = 15 * 60;
const LONGEST_FORM = 16 * 1024;
const FORM_MS = { timeoutMs: 15_000, idleMs: 10_000 };

/** What the answers are made with. */
interface Parts {
  readonly ports: GateAnswerPorts;
  readonly cookies: Cookies;
  readonly budget: BodyBudget;
  readonly pages: ReturnType<typeof createGatePages>;
}

type Handle = (parts: Parts, visit: Visit, rule: AccessRule) => Promise<null>;

const HANDLERS: ReadonlyMap<string, Handle> = new Map<string, Handle>([
  [GATE_PATHS.signIn, leadToSignIn],
  [GATE_PATHS.enter, enterByCode],
  [GATE_PATHS.password, enterByPassword],
]);

export function createGateAnswers(ports: GateAnswerPorts): GateAnswers {
  const cookies = createCookies(`${ports.previewBase.protocol}:`);
  const pages = createGatePages({ signInLabel: signInLabel(ports) });
  const parts: Parts = { ports, cookies, budget: createBodyBudget(), pages };
  return {
    takes: (visit) => HANDLERS.has(pathOf(visit)),
    async answer(visit, rule) {
      const handle = HANDLERS.get(pathOf(visit));
      return handle ? handle(parts, visit, rule) : null;
    },
    refuse: (visit, { rule, badToken }) =>
      pages.send(visit, { rule, to: addressOf(visit), reason: badToken ? 'dead-link' : null }),
    withoutToken: (visit, cookie) => leadTo(visit, addressOf(visit), cookie === null ? [] : [cookie]),
    cookieOf: (grant) => cookieOf(parts, grant),
  };
}

async function leadToSignIn({ ports, cookies }: Parts, visit: Visit, rule: AccessRule): Promise<null> {
  const to = pathWithin(queryOf(visit).get('to') ?? undefined);
  if (rule.mode !== 'github') return leadTo(visit, to);
  // Several tabs share one cookie.
  const known = cookies.read(visit.request, 'vitrine-state');
  const secret = isSecret(known) ? known : newSecret();
  const query = { host: visit.label, state: hashToken(secret), to: to.length > 1_000 ? '/' : to };
  const location = `${ports.publicUrl}${OPEN_PREVIEW}?${String(new URLSearchParams(query))}`;
  return leadTo(visit, location, [cookies.write('vitrine-state', secret, STATE_S)]);
}

async function enterByCode(parts: Parts, visit: Visit, rule: AccessRule): Promise<null> {
  const code = queryOf(visit).get('code') ?? '';
  const secret = parts.cookies.read(visit.request, 'vitrine-state');
  const shown = isSecret(secret) ? { code, secret, label: visit.label } : null;
  const handOver = rule.mode === 'github' && shown ? await useCode(parts.ports, shown) : null;
  if (handOver?.environmentId !== rule.environmentId)
    return parts.pages.send(visit, { rule, to: '/', reason: 'sign-in-lost' });
  return letIn(parts, visit, { rule, by: 'github', key: handOver.userId, to: handOver.to });
}

async function enterByPassword(parts: Parts, visit: Visit, rule: AccessRule): Promise<null> {
  const { request, label } = visit;
  const { ports, pages } = parts;
  if (rule.mode !== 'password' || request.method !== 'POST') return leadTo(visit, '/');
  // Another website could bring a browser in, or guess in its name.
  const isOwn = isFromOwnPage(request, previewUrl({ label, base: ports.previewBase }));
  const form = isOwn ? await readForm(parts, visit) : null;
  if (form === null) return pages.send(visit, { rule, to: '/', reason: 'foreign-form' });
  const to = pathWithin(form.get('to') ?? undefined);
  const tried = { projectId: rule.projectId, address: callerAddress(request) };
  try {
    const version = await tryPreviewPassword(ports, { ...tried, password: form.get('password') ?? '' });
    if (version === null) return pages.send(visit, { rule, to, reason: 'wrong-password' });
    return letIn(parts, visit, { rule, by: 'password', key: version, to });
  } catch (error) {
    if (!isVitrineError(error) || error.code !== 'too_many_requests') throw error;
    return pages.send(visit, { rule, to, reason: 'too-many' });
  }
}

/** Null for what is no form of ours: too long, too slow, or cut off. */
async function readForm({ budget }: Parts, { request }: Visit): Promise<URLSearchParams | null> {
  try {
    const bytes = await readBody(request, { maxBytes: LONGEST_FORM, ...FORM_MS, budget });
    return new URLSearchParams(bytes.toString('utf8'));
  } catch (error) {
    if (isVitrineError(error) && ERROR_STATUS[error.code] < 500) return null;
    throw error;
  }
}

interface Entry extends Pick<Grant, 'by' | 'key'> {
  readonly rule: AccessRule;
  readonly to: string;
}

function letIn(parts: Parts, visit: Visit, { to, ...of }: Entry): null {
  const grant = newGrant({ ...of, label: visit.label, now: parts.ports.clock.now() });
  return leadTo(visit, to, [cookieOf(parts, grant)]);
}

function cookieOf({ ports, cookies }: Parts, grant: Grant): string {
  const leftS = Math.max(0, Math.floor((grant.until - ports.clock.now().getTime()) / 1_000));
  return cookies.write('vitrine-access', sealGrant(ports, grant), leftS);
}

function signInLabel({ providers }: ProviderPorts): string {
  return providers.some(({ name }) => name === 'github') ? 'Sign in with GitHub' : 'Sign in';
}

function pathOf({ request: { url = '/' } }: Visit): string {
  return url.split('?', 1)[0] ?? '/';
}

function queryOf({ request: { url = '/' } }: Visit): URLSearchParams {
  return new URLSearchParams(url.split(/\?(.*)/s, 2)[1] ?? '');
}

/** Where the visitor wanted to go. */
function addressOf({ request: { url, method } }: Visit): string {
  return method === 'GET' || method === 'HEAD' ? pathWithin(url) : '/';
}

function leadTo({ response }: Visit, location: string, setCookies: readonly string[] = []): null {
  const head = [
    ...['location', location, 'cache-control', 'private, no-store', 'content-length', '0'],
    ...setCookies.flatMap((cookie) => ['set-cookie', cookie]),
    ...ALWAYS,
  ];
  writeHead(response, { status: 303, head });
  response.end();
  return null;
}
