import { extensionOf } from '../../src/sites/media-types.js';
import { applyRedirect, type RedirectRule, withoutFinalSlash } from '../../src/sites/redirects.js';
import { hiddenPath } from '../../src/uploads/manifest.js';
import { fileAt, type FileRoute, isConfiguration, type Site } from './site.js';

/** What a request gets. */
type Choice =
  | { readonly kind: 'file'; readonly route: FileRoute; readonly status: 200 | 404 }
  | { readonly kind: 'redirect'; readonly location: string; readonly status: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' };

interface Asked {
  readonly url: string;
  readonly accept: string | undefined;
}

/** Longer than any link of a site; every rule is held against the path. */
const RULED_PATH = 2_000;

const MISSING: Choice = { kind: 'missing' };

/** Forced rules, files, rules, the fallback of a single-page app, the site's own 404: the first that applies. */
export function chooseRoute(site: Site, { url, accept }: Asked): Choice {
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
  if (namesNothing(path)) return notFound(site, path);
  return (
    byRules(site, { rules: site.redirects, path, url }) ??
    byFallback(site, { path, accept }) ??
    (path === '/' ? { kind: 'empty' } : notFound(site, path))
  );
}

interface Ruling {
  readonly rules: readonly RedirectRule[];
  readonly path: string;
  readonly url: string;
}

function byRules(site: Site, { rules, path, url }: Ruling): Choice | null {
  if (namesNothing(path) || path.length > RULED_PATH) return null;
  for (const rule of rules) {
    const target = applyRedirect(rule, path);
    if (target === null || leadsHere({ rule, target, path })) continue;
    const choice = byRule(site, { rule, target, path, url });
    if (choice !== null) return choice;
  }
  return null;
}

/** Neither rules nor fallbacks bring back what was kept out of the preview. */
function namesNothing(path: string): boolean {
  return isOdd(path) || hiddenPath(path.slice(1)) || isConfiguration(path.slice(1));
}

/** A redirect to itself would never end, nor would one to the spelling that this server moves from. */
function leadsHere({ rule, target, path }: { rule: RedirectRule; target: string; path: string }): boolean {
  if (rule.status < 300 || rule.status >= 400) return false;
  const led = decodePath(pathOf(target));
  return led !== null && withoutFinalSlash(led) === withoutFinalSlash(path);
}

/** Rewrites look the file up and stop there: rules never lead to other rules, so they cannot go in circles. */
function byRule(
  site: Site,
  { rule, target, path, url }: Omit<Ruling, 'rules'> & { rule: RedirectRule; target: string },
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

/** A missing script or picture stays missing: answering it with a page only hides the mistake. */
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
 * A file shown for a path that is not its own: by a rewrite, a fallback or a "not found". `_headers` go by the path that was asked for,
 * so it has an answer of its own, worked out once, for every set of their blocks that match such a path.
 */
function routeForPath({ headerRules, variants }: Site, route: FileRoute, path: string): FileRoute {
  if (headerRules.length === 0) return route;
  const matching = headerRules.flatMap(({ pattern }, index) => (pattern.match(path) === null ? [] : [index]));
  const key = `${matching.join(' ')} ${route.path}`;
  const known = variants.get(key);
  if (known !== undefined) return known;
  const made: FileRoute = { ...route, path };
  variants.set(key, made);
  return made;
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
 * The path as files are named: decoded once, in the Unicode form that most systems write. Null when it hides a separator or cannot be
 * decoded: such a path names no file here, whatever another server would make of it.
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

/** Paths that no link of a site has: they get no fallback, no rule and no redirect. */
function isOdd(path: string): boolean {
  return /[\u0000-\u001f\u007f\\;]|\/\/|\/\.{1,2}(\/|$)/.test(path);
}
