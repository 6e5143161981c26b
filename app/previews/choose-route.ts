import { extensionOf } from '../../src/sites/media-types.js';
import { applyRedirect, type RedirectRule, withoutFinalSlash } from '../../src/sites/redirects.js';
import { hiddenPath } from '../../src/uploads/manifest.js';
import { fileAt, type FileRoute, isConfiguration, type Site } from './site.js';

/** The response to a request. */
type Choice =
  | { readonly kind: 'file'; readonly route: FileRoute; readonly status: 200 | 404 }
  | { readonly kind: 'redirect'; readonly location: string; readonly status: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' };

interface RequestInput {
  readonly url: string;
  readonly accept: string | undefined;
}

/** Rules are not applied to longer paths, because every rule is compared with the path. */
const RULED_PATH = 2_000;

const MISSING: Choice = { kind: 'missing' };

/** The first that applies: forced rules, files, other rules, the fallback of a single-page app, the site's own 404. */
export function chooseRoute(site: Site, { url, accept }: RequestInput): Choice {
  const path = decodePath(pathOf(url));
  if (path === null) return notFound(site, pathOf(url));
  if (site.forced.length > 0) {
    const forced = byRules(site, { rules: site.forced, path, url });
    if (forced !== null) return forced;
  }
  const route = site.routes.get(path);
  if (route?.kind === 'file') return { kind: 'file', route, status: 200 };
  if (route?.kind === 'moved')
    return { kind: 'redirect', location: route.location + queryOf(url), status: 308 };
  if (isNeverServed(path)) return notFound(site, path);
  return (
    byRules(site, { rules: site.redirects, path, url }) ??
    byFallback(site, { path, accept }) ??
    (path === '/' ? { kind: 'empty' } : notFound(site, path))
  );
}

interface RuleInput {
  readonly rules: readonly RedirectRule[];
  readonly path: string;
  readonly url: string;
}

function byRules(site: Site, { rules, path, url }: RuleInput): Choice | null {
  if (isNeverServed(path) || path.length > RULED_PATH) return null;
  for (const rule of rules) {
    const target = applyRedirect(rule, path);
    if (target === null || isLoop({ rule, target, path })) continue;
    const choice = byRule(site, { rule, target, path, url });
    if (choice !== null) return choice;
  }
  return null;
}

/** No rule and no fallback applies to these: they name files that must not be served. */
function isNeverServed(path: string): boolean {
  return isOdd(path) || hiddenPath(path.slice(1)) || isConfiguration(path.slice(1));
}

/** A redirect to the same path, or to its other spelling, would loop. */
function isLoop({ rule, target, path }: { rule: RedirectRule; target: string; path: string }): boolean {
  if (rule.status < 300 || rule.status >= 400) return false;
  const destination = decodePath(pathOf(target));
  return destination !== null && withoutFinalSlash(destination) === withoutFinalSlash(path);
}

/** A rewrite shows a file and applies no other rule, so rewrites cannot loop. */
function byRule(
  site: Site,
  { rule, target, path, url }: Omit<RuleInput, 'rules'> & { rule: RedirectRule; target: string },
): Choice | null {
  if (rule.status === 200 || rule.status === 404) {
    const route = fileAt(site.routes, decodePath(pathOf(target)) ?? '');
    return route && { kind: 'file', route: routeForPath(site, route, path), status: rule.status };
  }
  const query = queryOf(url);
  const location = target.includes('?') || query === '' ? target : withQuery(target, query);
  return { kind: 'redirect', location, status: rule.status };
}

function withQuery(target: string, query: string): string {
  const [path = '', fragment] = target.split('#', 2);
  return fragment === undefined ? path + query : `${path}${query}#${fragment}`;
}

/** A missing script or image gets 404: a page in its place would hide the mistake. */
function byFallback(
  site: Site,
  { path, accept }: { path: string; accept: string | undefined },
): Choice | null {
  if (site.fallback === null) return null;
  const extension = extensionOf(path);
  const isPage = extension === '' || extension === 'html' || accept?.includes('text/html') === true;
  return isPage ? { kind: 'file', route: routeForPath(site, site.fallback, path), status: 200 } : null;
}

function notFound(site: Site, path: string): Choice {
  if (site.notFound === null) return MISSING;
  return { kind: 'file', route: routeForPath(site, site.notFound, path), status: 404 };
}

/**
 * A file shown at another path: by a rewrite, a fallback or "not found". `_headers` apply by the requested path, so the file has one
 * variant for each set of blocks that match, computed once.
 */
function routeForPath({ headerRules, variants }: Site, route: FileRoute, path: string): FileRoute {
  if (headerRules.length === 0) return route;
  const matching = headerRules.flatMap(({ pattern }, index) => (pattern.match(path) === null ? [] : [index]));
  const key = `${matching.join(' ')} ${route.path}`;
  const stored = variants.get(key);
  if (stored !== undefined) return stored;
  const variant: FileRoute = { ...route, path };
  variants.set(key, variant);
  return variant;
}

/** The path of a request target, without its query. */
function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

function queryOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? '' : url.slice(query);
}

/**
 * The path as files are named: decoded once, in Unicode form NFC. Null when it contains an encoded separator or cannot be decoded: no
 * file has such a path.
 */
function decodePath(path: string): string | null {
  if (!path.includes('%')) return path;
  if (/%(2f|5c|00)/i.test(path)) return null;
  try {
    return decodeURIComponent(path).normalize('NFC');
  } catch {
    return null;
  }
}

/** Paths that no site links to: they get no fallback, no rule and no redirect. */
function isOdd(path: string): boolean {
  return /[\u0000-\u001f\u007f\\;]|\/\/|\/\.{1,2}(\/|$)/.test(path);
}
