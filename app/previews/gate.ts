import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { type AccessRule, type Grant, openGrant } from '../../src/access/grant.js';
import { isLinkToken, LINK_PARAMETERS } from '../../src/access/links.js';
import { belongsTo } from '../../src/environments/host.js';
import { BYPASS_HEADER } from '../../src/shared/preview-access.js';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import { createCookies } from '../http/cookies.js';
import { createProofs, type ProofPorts, type Shown } from './proofs.js';
import { createGateAnswers, type GateAnswerPorts } from './gate-answers.js';
import { refuseUpgrade } from './proxy.js';
import type { FoundHost, SocketVisit, Visit } from './visit.js';

export interface GatePorts extends ProofPorts, GateAnswerPorts {
  readonly previewBase: PreviewBase;
}

/**
 * Stands before everything that the host of a preview answers, and lets nobody in who shows nothing: neither files nor programs nor pages
 * that say why there is none. A program that sleeps is not woken for strangers.
 */
export interface Gate {
  /** The visit with what let it in; null when it was answered here. No promise where nothing must be asked. */
  enter(visit: Visit, host: FoundHost): Visit | null | Promise<Visit | null>;
  /** False when the connection was refused here. */
  enterSocket(visit: SocketVisit, host: FoundHost): Promise<boolean>;
}

export function createGate(ports: GatePorts): Gate {
  const proofs = createProofs(ports);
  const answers = createGateAnswers(ports);
  const readGrants = createGrantReader(ports);

  const shownBy = (request: IncomingMessage, label: string, tokens: TakenTokens): Shown => ({
    tokens: [...tokens.inAddress, headerToken(request)].filter(isLinkToken),
    grants: readGrants(request, label),
  });

  return {
    enter(visit, { access }) {
      const tokens = takeTokens(visit.request);
      if (access === null) return visit;
      // It was let in a moment ago, and its program was woken meanwhile.
      if (visit.admission?.environmentId === access.environmentId) return visit;
      if (answers.takes(visit)) return answers.answer(visit, access);
      const shown = shownBy(visit.request, visit.label, tokens);
      const known = proofs.known(shown, { label: visit.label, rule: access });
      if (known) return admitted(visit, access, null);
      return admitOrAnswer({ visit, access, shown, tokens });
    },
    async enterSocket({ label, request, socket }, { access }) {
      const tokens = takeTokens(request);
      if (access === null) return true;
      const shown = shownBy(request, label, tokens);
      const proof = await proofs.check(shown, { label, rule: access });
      // Browsers send cookies with the connections that the pages of other previews open.
      if (proof && (proof.byToken || isFromSamePreview(request, access, ports))) return true;
      refuseUpgrade(socket, { status: 401 });
      return false;
    },
  };

  interface Asking {
    readonly visit: Visit;
    readonly access: AccessRule;
    readonly shown: Shown;
    readonly tokens: TakenTokens;
  }

  async function admitOrAnswer({ visit, access, shown, tokens }: Asking): Promise<Visit | null> {
    const { label, request } = visit;
    const proof = await proofs.check(shown, { label, rule: access });
    if (!proof) return answers.refuse(visit, { rule: access, badToken: shown.tokens.length > 0 });
    const cookie = proof.renewed && answers.cookieOf(proof.renewed);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (tokens.inAddress.length > 0 && proof.byToken && isRead) return answers.withoutToken(visit, cookie);
    return admitted(visit, access, proof.byToken && !isNavigation(request) ? null : cookie);
  }
}

function admitted(visit: Visit, { environmentId }: AccessRule, cookie: string | null): Visit {
  return { ...visit, admission: { environmentId, cookie } };
}

interface TakenTokens {
  readonly inAddress: readonly string[];
}

const NO_TOKENS: TakenTokens = { inAddress: [] };

/** Takes our parameters out of the address: neither a program nor the rules of a site see them. */
function takeTokens(request: IncomingMessage): TakenTokens {
  const { url = '/' } = request;
  if (!url.includes('vitrine-')) return NO_TOKENS;
  const [path = '', query] = url.split(/\?(.*)/s, 2);
  if (query === undefined) return NO_TOKENS;
  const inAddress: string[] = [];
  // Part by part, so that the rest of the query stays exactly as it was sent.
  const kept = query.split('&').filter((part) => {
    const [name = '', value = ''] = part.split(/=(.*)/s, 2);
    const isOurs = PARAMETERS.includes(name);
    if (isOurs) inAddress.push(value);
    return !isOurs;
  });
  request.url = kept.length === 0 ? path : `${path}?${kept.join('&')}`;
  return { inAddress };
}

const PARAMETERS: readonly string[] = Object.values(LINK_PARAMETERS);

function headerToken({ headers }: IncomingMessage): string | undefined {
  const value = headers[BYPASS_HEADER];
  return typeof value === 'string' ? value : undefined;
}

function isNavigation({ headers }: IncomingMessage): boolean {
  return (headers['sec-fetch-mode'] ?? 'navigate') === 'navigate';
}

/** A page of this preview, of one of its commits or of its services opens the connection, or no page does. */
function isFromSamePreview(
  { headers: { origin } }: IncomingMessage,
  { slug }: AccessRule,
  { previewBase: { domain } }: GatePorts,
): boolean {
  if (origin === undefined) return true;
  const host = URL.canParse(origin) ? new URL(origin).hostname : '';
  const suffix = `.${domain}`;
  return host.endsWith(suffix) && belongsTo(host.slice(0, -suffix.length), slug);
}

/** Cookies that were opened. Browsers send the same one with each of their requests. */
const MOST_GRANTS = 10_000;
/** A browser sends one, and those that other previews may have added; more are no browser's. */
const MOST_COOKIES = 4;

function createGrantReader(ports: GatePorts) {
  const cookies = createCookies(`${ports.previewBase.protocol}:`);
  // Each counts as 1, because `max` would take the memory of all of them at once.
  const grants = new LRUCache<string, { readonly grant: Grant | null }>({
    maxSize: MOST_GRANTS,
    sizeCalculation: () => 1,
  });
  const open = (text: string, label: string): Grant | null => {
    const key = `${label} ${text}`;
    const known = grants.get(key);
    if (known) return known.grant;
    const grant = openGrant(ports, text, label);
    grants.set(key, { grant });
    return grant;
  };
  return (request: IncomingMessage, label: string): readonly Grant[] => {
    if (request.headers.cookie === undefined) return [];
    const texts = cookies.readAll(request, 'vitrine-access').slice(0, MOST_COOKIES);
    return texts.flatMap((text) => open(text, label) ?? []);
  };
}
