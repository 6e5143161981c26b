import { VitrineError } from '../../src/shared/errors.js';
import { parseHeaderRules, type HeaderRule } from '../../src/sites/headers.js';
import { parseRedirectRules, type RedirectRule } from '../../src/sites/redirects.js';
import type { ArtifactStore, BlobStore } from '../../src/uploads/store.js';
import { readRules } from '../blobs/complete-upload.js';
import type { LivePreview } from './preview.js';
import { buildRoutes, fileAt, type FileRoute, type Route } from './site-routes.js';
import { createWeightedCache, type WeightedCache } from './weighted-cache.js';

/** An artifact, ready to be served. */
export interface Site {
  readonly routes: ReadonlyMap<string, Route>;
  readonly headerRules: readonly HeaderRule[];
  /** Routes as they answer for paths that are not their own. */
  readonly variants: WeightedCache<FileRoute>;
  /** Rules that win over files, and those that do not. */
  readonly forced: readonly RedirectRule[];
  readonly redirects: readonly RedirectRule[];
  readonly notFound: FileRoute | null;
  readonly fallback: FileRoute | null;
}

export interface SitePorts {
  readonly blobs: BlobStore;
  readonly artifacts: Pick<ArtifactStore, 'findByRoot'>;
}

export type SiteOf = (preview: LivePreview) => Site | Promise<Site>;

/** All sites in memory together have at most so many paths. */
const ROUTES = 500_000;
/** Visitors choose the paths, so there is a limit to what is kept for them. */
const VARIANTS = 1_000;

/** Loads each site once, and keeps those that were visited last. */
export function createSites(ports: SitePorts): SiteOf {
  const sites = createWeightedCache<Site>({ capacity: ROUTES, weigh: (site) => site.routes.size + 1 });
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

async function loadSite({ artifacts, blobs }: SitePorts, preview: LivePreview): Promise<Site> {
  const artifact = await artifacts.findByRoot({ projectId: preview.projectId, root: preview.root });
  if (artifact?.complete !== true) {
    throw new VitrineError('not_found', 'The files of this preview are not on this server: deploy again.');
  }
  const routes = buildRoutes(artifact.files);
  const { rules } = parseRedirectRules((await readRules(artifact, { name: '_redirects', blobs })) ?? '');
  return {
    routes,
    headerRules: parseHeaderRules((await readRules(artifact, { name: '_headers', blobs })) ?? '').rules,
    variants: createWeightedCache({ capacity: VARIANTS, weigh: () => 1 }),
    forced: rules.filter((rule) => rule.force),
    redirects: rules.filter((rule) => !rule.force),
    notFound: fileAt(routes, '/404.html'),
    fallback: preview.spa
      ? (fileAt(routes, '/200.html') ?? fileAt(routes, '/'))
      : fileAt(routes, '/200.html'),
  };
}
