import { join } from 'node:path';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { commitLabel } from '../../src/shared/preview-url.js';
import { projectRoot } from '../config/project-root.js';
import type { Ports } from '../ports.js';
import { createCachedResolver } from '../previews/cached-resolver.js';
import { findPreview } from '../previews/resolve.js';
import { createPreviewHandler, type PreviewHandler } from '../previews/serve.js';
import { createPreviewPages } from '../previews/wait-pages.js';

/** How long another process may show what this one has just replaced. */
const TTL_MS = 1_000;

export interface Previews {
  readonly serve: PreviewHandler;
  readonly forget: (environment: StoredEnvironment) => void;
}

export function composePreviews(ports: Ports): Previews {
  const { blobs, artifacts, log } = ports;
  const resolver = createCachedResolver({
    load: (label) => findPreview(ports, label),
    ttlMs: TTL_MS,
    now: () => ports.clock.now().getTime(),
  });
  const serve = createPreviewHandler({
    blobs,
    artifacts,
    resolve: resolver.resolve,
    pages: createPreviewPages(join(projectRoot(), 'templates')),
    onError: (error, { url, headers }) =>
      log('error', 'a preview could not be served', { host: headers.host, url, error }),
  });
  return {
    serve,
    forget({ slug, head }) {
      resolver.forget(slug);
      if (head) resolver.forget(commitLabel({ sha: head.sha, label: slug }));
    },
  };
}
