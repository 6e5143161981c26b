import type { StoredEnvironment } from '../../src/environments/store.js';
import { commitLabel } from '../../src/shared/preview-url.js';
import type { Identify } from '../api/access.js';
import { createApi } from '../api/api.js';
import type { Secrets } from '../config/secrets.js';
import { createBodyBudget } from '../http/body-budget.js';
import { createHosts } from '../http/hosts.js';
import { createRateLimit, type Rate } from '../http/rate-limit.js';
import type { Surfaces } from '../http/server.js';
import { EVENTS } from '../index.js';
import type { Ports } from '../ports.js';
import { createCachedResolver, findPreview } from '../previews/resolve.js';
import { createPreviewHandler, type PreviewHandler } from '../previews/serve.js';
import { createPreviewPages } from '../previews/wait-pages.js';
import type { Backpressure } from '../webhooks/inbox/backpressure.js';
import { createCommitter } from '../webhooks/inbox/committer.js';
import { createSignatureCheck, createWebhookEndpoint } from '../webhooks/inbox/receive.js';

export interface Rates {
  /** How many identity tokens one address may present. */
  readonly exchange: Rate;
  /** How many requests to start a deployment one repository may send. Its settings limit the deployments themselves. */
  readonly starts: Rate;
}

export const RATES: Rates = {
  exchange: { times: 60, perMs: 60_000 },
  starts: { times: 600, perMs: 60 * 60_000 },
};

interface SurfaceParts {
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly previews: Previews;
  readonly identify: Identify;
  readonly ping: () => Promise<void>;
  readonly version: string;
  readonly rates: Rates;
  readonly backpressure: Backpressure;
  /** Wakes the worker of the inbox after deliveries were stored. */
  readonly onStored: () => void;
}

/** The three surfaces that answer requests: webhooks, API and previews. */
export async function composeSurfaces(parts: SurfaceParts) {
  const { ports, secrets, previews, identify, ping, version, rates, backpressure, onStored } = parts;
  const { clock, log } = ports;
  const budget = createBodyBudget();
  const committer = createCommitter({
    store: ports.inbox.store,
    onStored(count) {
      backpressure.add(count);
      onStored();
    },
  });
  const api = await createApi({
    ports,
    identify,
    budget,
    version,
    ping,
    limits: {
      exchange: createRateLimit(rates.exchange, clock),
      starts: createRateLimit(rates.starts, clock),
    },
  });
  const surfaces: Surfaces = {
    siteOf: createHosts(ports),
    webhooks: createWebhookEndpoint({
      events: EVENTS,
      isSigned: createSignatureCheck(secrets.webhookSecrets),
      committer,
      budget,
      clock,
      log,
    }),
    api: api.answer,
    previews: previews.serve,
    log,
  };
  return { surfaces, committer, closeApi: api.close };
}

/** How long another process may show a preview that this process has replaced. */
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
    pages: createPreviewPages(),
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
