import { VitrineError } from '../../src/shared/errors.js';
import { type HeaderRule, parseHeaderRules } from '../../src/sites/headers.js';
import { encodePath, parseRedirectRules, type RedirectRule } from '../../src/sites/redirects.js';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import type { ArtifactStore, BlobStore } from '../../src/uploads/store.js';
import { readRules } from '../blobs/uploads.js';
import { withTimeout } from '../http/with-timeout.js';
import type { LivePreview } from './preview.js';
import { createWeightedCache, type WeightedCache } from './weighted-cache.js';

/** An artifact prepared for serving. */
export interface Site {
  readonly routes: ReadonlyMap<string, Route>;
  readonly headerRules: readonly HeaderRule[];
  /** Routes shown for paths that are not their own. */
  readonly variants: WeightedCache<FileRoute>;
  /** Rules that apply before files. */
  readonly forced: readonly RedirectRule[];
  readonly redirects: readonly RedirectRule[];
  readonly notFound: FileRoute | null;
  readonly fallback: FileRoute | null;
}

interface SitePorts {
  readonly blobs: BlobStore;
  readonly artifacts: Pick<ArtifactStore, 'findByRoot'>;
}

type SiteOf = (preview: LivePreview) => Site | Promise<Site>;

/** The paths of all sites in memory together. */
const MAX_ROUTES = 500_000;

/** Limited because visitors choose the paths. */
const MAX_VARIANTS = 1_000;

/** Loads each site once and keeps the recently visited ones. */
export function createSites(ports: SitePorts): SiteOf {
  const sites = createWeightedCache<Site>({ capacity: MAX_ROUTES, weigh: (site) => site.routes.size + 1 });
  const loading = new Map<string, Promise<Site>>();
  return (preview) => {
    const key = `${preview.projectId}/${preview.root}/${preview.spa ? 's' : ''}`;
    const known = sites.get(key) ?? loading.get(key);
    if (known !== undefined) return known;
    const site = loadSite(ports, preview)
      .then((loaded) => {
        sites.set(key, loaded);
        return loaded;
      })
      .finally(() => loading.delete(key));
    loading.set(key, site);
    return site;
  };
}

/** A visitor waits no longer for the database. */
const PATIENCE_MS = 4_000;

async function loadSite({ artifacts, blobs }: SitePorts, preview: LivePreview): Promise<Site> {
  const found = artifacts.findByRoot({ projectId: preview.projectId, root: preview.root });
  const artifact = await withTimeout(PATIENCE_MS, found);
  if (artifact?.complete !== true) {
    throw new VitrineError('not_found', 'The files of this preview are not on this server: deploy again.');
  }
  const routes = buildRoutes(artifact.files);
  const { rules } = parseRedirectRules((await readRules(artifact, { name: '_redirects', blobs })) ?? '');
  return {
    routes,
    headerRules: parseHeaderRules((await readRules(artifact, { name: '_headers', blobs })) ?? '').rules,
    variants: createWeightedCache({ capacity: MAX_VARIANTS, weigh: () => 1 }),
    forced: rules.filter((rule) => rule.force),
    redirects: rules.filter((rule) => !rule.force),
    notFound: fileAt(routes, '/404.html'),
    fallback: preview.spa
      ? (fileAt(routes, '/200.html') ?? fileAt(routes, '/'))
      : fileAt(routes, '/200.html'),
  };
}

/** A path that shows a file. */
export interface FileRoute {
  readonly kind: 'file';
  readonly path: string;
  readonly file: ArtifactFile;
}

/** A path that redirects to the canonical spelling, with or without the final slash. */
interface MovedRoute {
  readonly kind: 'moved';
  readonly to: string;
  readonly location: string;
}

type Route = FileRoute | MovedRoute;

/** Read by the server and never served. */
export function isConfiguration(path: string): boolean {
  return path === '_headers' || path === '_redirects';
}

/**
 * Every path that a site serves, computed once: a request is a lookup and never joins file paths. `about.html` is also `/about`;
 * `about/index.html` is `/about/`. The other spelling of each redirects there, so that relative links work.
 */
function buildRoutes(files: readonly ArtifactFile[]): ReadonlyMap<string, Route> {
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

/** The file at a path, also by the other spelling. */
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
