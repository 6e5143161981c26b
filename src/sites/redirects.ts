import { quoteName } from '../shared/text.js';
import type { ParsedRules } from './headers.js';
import { fillPattern, parsePattern, PATTERN_FORM, type PathPattern } from './path-pattern.js';

/** A line of `_redirects`. Status 200 serves another file of the site, 404 does so as "not found", the rest redirect. */
export interface RedirectRule {
  readonly pattern: PathPattern;
  readonly target: string;
  readonly status: number;
  /** Applies even if a file exists at the path (`301!`). */
  readonly force: boolean;
}

const MAX_RULES = 2_000;
const MAX_LINE = 2_000;
const REDIRECTS = [301, 302, 303, 307, 308];
const REWRITES = [200, 404];

/** Netlify's and Cloudflare's `_redirects`: `from to [status]`, one rule per line. */
export function parseRedirectRules(text: string): ParsedRules<RedirectRule> {
  const rules: RedirectRule[] = [];
  const notes: string[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const words = line.replace(/(^|\s)#.*$/, '').trim();
    if (words === '') continue;
    const rule = rules.length < MAX_RULES ? parseRule(words) : `only the first ${MAX_RULES} rules count`;
    if (typeof rule === 'string') notes.push(`_redirects line ${index + 1} was skipped: ${rule}.`);
    else rules.push(rule);
  }
  return { rules, notes };
}

/** The target of a matching rule, percent-encoded; null when the rule does not match. Wildcard values come from the decoded path. */
export function applyRedirect(rule: RedirectRule, path: string): string | null {
  const values = rule.pattern.match(path);
  if (values === null) return null;
  const encoded = new Map([...values].map(([name, value]) => [name, encodePath(value)]));
  const location = fillPattern(rule.target, encoded);
  // "//host" would leave the site, and a browser reads "/\host" the same way.
  return location.startsWith('/') ? location.replace(/^[/\\]+/, '/') : location;
}

export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function parseRule(line: string): RedirectRule | string {
  if (line.length > MAX_LINE) return `it is longer than ${MAX_LINE} characters`;
  const [from = '', target = '', code = '301', ...conditions] = line.split(/\s+/);
  const pattern = parsePattern(from, { anySlash: true });
  if (pattern === null) return `${quoteName(from)} is not a path pattern: ${PATTERN_FORM}`;
  if (conditions.length > 0 || /^\w+=/.test(target))
    return 'conditions on query, country, language and cookies are not supported';
  const status = Number(/^([2-4]\d\d)!?$/.exec(code)?.[1]);
  const fault = targetFault(target, status, code) ?? returnFault({ from, target, status });
  return fault ?? { pattern, target, status, force: code.endsWith('!') };
}

function targetFault(target: string, status: number, code: string): string | null {
  const local = /^\/(?![/\\])/.test(target);
  if (REWRITES.includes(status)) {
    if (!local) return `a ${status} rule can only serve a path of this site, not ${quoteName(target)}`;
    return decodable(target) ? null : `${quoteName(target)} is not percent-encoded as addresses are`;
  }
  if (!REDIRECTS.includes(status)) return `${quoteName(code)} is not a status a rule may have`;
  if (local || isOtherSite(target)) return encodable(target);
  return `${quoteName(target)} is neither a path nor an http(s) address`;
}

/** The server redirects between `/a` and `/a/` by itself: a rule in the other direction would make an endless loop. */
function returnFault({
  from,
  target,
  status,
}: {
  from: string;
  target: string;
  status: number;
}): string | null {
  if (!REDIRECTS.includes(status)) return null;
  const path = target.replace(/[?#].*$/, '');
  if (withoutFinalSlash(path) !== withoutFinalSlash(from.replace('*', ':splat'))) return null;
  return `${quoteName(target)} is the same path but for a final slash, which the server puts right by itself`;
}

/** Rules treat `/a/` and `/a` as the same path. */
export function withoutFinalSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The host must be literal: with a placeholder, any link could choose the host that the preview redirects to. */
function isOtherSite(target: string): boolean {
  return (
    /^https?:\/\/[A-Za-z0-9.-]+(:\d+)?(\/|\?|$)/.test(target) &&
    URL.canParse(target.replace(/:[A-Za-z]\w*/g, ''))
  );
}

/** A path with an encoded separator names no file. */
function decodable(target: string): boolean {
  try {
    decodeURIComponent(target);
    return !/%(2f|5c|00)/i.test(target);
  } catch {
    return false;
  }
}

function encodable(target: string): string | null {
  return /^[\x21-\x7e]+$/.test(target) ? null : `${quoteName(target)} must be percent-encoded`;
}
