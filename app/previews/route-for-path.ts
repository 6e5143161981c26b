import type { FileRoute } from './site-routes.js';
import type { Site } from './site.js';

/**
 * A file shown for a path that is not its own: by a rewrite, a fallback or a "not found". `_headers` go by the path that was asked for,
 * so it has an answer of its own, worked out once, for every set of their blocks that match such a path.
 */
export function routeForPath({ headerRules, variants }: Site, route: FileRoute, path: string): FileRoute {
  if (headerRules.length === 0) return route;
  const matching = headerRules.flatMap(({ pattern }, index) => (pattern.match(path) === null ? [] : [index]));
  const key = `${matching.join(' ')} ${route.path}`;
  const known = variants.get(key);
  if (known !== undefined) return known;
  const made: FileRoute = { ...route, path };
  variants.set(key, made);
  return made;
}
