import { encodePath } from '../../src/sites/redirects.js';
import type { ArtifactFile } from '../../src/uploads/manifest.js';

/** A path that shows a file. */
export interface FileRoute {
  readonly kind: 'file';
  readonly path: string;
  readonly file: ArtifactFile;
}

/** A path that has one right spelling elsewhere. */
export interface MovedRoute {
  readonly kind: 'moved';
  readonly to: string;
  readonly location: string;
}

export type Route = FileRoute | MovedRoute;

/** Settings for us, not content for visitors. */
export function isConfiguration(path: string): boolean {
  return path === '_headers' || path === '_redirects';
}

/**
 * Every path a site answers, made once: looking up is all that happens per request, and no path is ever joined. `about.html` is also
 * `/about`; `about/index.html` is `/about/`. The other spelling of each moves there, so that relative links work.
 */
export function buildRoutes(files: readonly ArtifactFile[]): ReadonlyMap<string, Route> {
  const routes = new Map<string, Route>();
  const published = files.filter((file) => !isConfiguration(file.path));
  const pages = published.filter((file) => file.path.endsWith('.html'));
  for (const file of published) add(routes, fileRoute(urlPath(file.path), file));
  for (const file of pages) add(routes, fileRoute(cleanPath(file.path), file));
  for (const file of pages) {
    const clean = cleanPath(file.path);
    if (clean === '/' || clean === '') continue;
    const other = clean.endsWith('/') ? clean.slice(0, -1) : `${clean}/`;
    if (!routes.has(other)) routes.set(other, { kind: 'moved', to: clean, location: encodePath(clean) });
  }
  return routes;
}

/** The file behind a path, also under its other spelling. */
export function fileAt(routes: ReadonlyMap<string, Route>, path: string): FileRoute | null {
  const route = routes.get(path);
  if (route?.kind === 'moved') return fileAt(routes, route.to);
  return route ?? null;
}

function add(routes: Map<string, Route>, route: FileRoute): void {
  if (route.path !== '' && !routes.has(route.path)) routes.set(route.path, route);
}

function fileRoute(path: string, file: ArtifactFile): FileRoute {
  return { kind: 'file', path, file };
}

function urlPath(path: string): string {
  return `/${path}`.normalize('NFC');
}

function cleanPath(path: string): string {
  const [, stem = ''] = /^(.*)\.html$/s.exec(urlPath(path)) ?? [];
  if (stem === '/index' || stem.endsWith('/index')) return stem.slice(0, -'index'.length);
  return stem.endsWith('/') ? '' : stem;
}
