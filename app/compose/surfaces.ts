import { wakeEnvironment } from '../../src/deployments/wake.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { accessRuleOf } from '../../src/repositories/preview-access.js';
import { commitLabel, serviceLabel } from '../../src/shared/preview-url.js';
import type { Instance } from '../../src/shared/instance.js';
import { addressesOf } from '../../src/shared/reach.js';
import type { Identify } from '../api/access.js';
import { instanceHandlers } from '../api/administration/instance.js';
import { createApi } from '../api/api.js';
import { countRepeats } from '../config/log.js';
import { BODY_LIMITS, createBodyBudget } from '../http/body-budget.js';
import { createHosts } from '../http/hosts.js';
import { createRateLimit, type Rate } from '../http/rate-limit.js';
import { createSharedRate } from '../http/shared-rate.js';
import type { Surfaces } from '../http/server.js';
import type { LogHub } from '../live/hub.js';
import { createWatch, WATCH_TIMES } from '../live/watch.js';
import { createDashboard } from '../pages/dashboard/dashboard.js';
import type { DashboardSite } from '../pages/dashboard/start/steps.js';
import type { Ports } from '../ports.js';
import { createActivity } from '../previews/activity.js';
import { createGate } from '../previews/gate.js';
import { createCachedResolver, findHost } from '../previews/resolve.js';
import { createProxy } from '../previews/proxy.js';
import {
  createPreviewHandler,
  createSocketHandler,
  type PreviewFailed,
  type PreviewHandler,
} from '../previews/serve.js';
import type { PreviewPages } from '../previews/wait-pages.js';
import { createWaker } from '../previews/waker.js';
import { createRegistry } from '../registry/endpoint.js';

export interface Rates {
  /** How many identity tokens one address may present. */
  readonly exchange: Rate;
  /** How many requests to start a deployment one repository may send. Its settings limit the deployments themselves. */
  readonly starts: Rate;
  /** How many requests one person or operator may send, one run, and one address without a valid token. */
  readonly people: Rate;
  readonly runs: Rate;
  readonly addresses: Rate;
}

export const RATES: Rates = {
  exchange: { times: 60, perMs: 60_000 },
  starts: { times: 600, perMs: 60 * 60_000 },
  people: { times: 1_200, perMs: 60_000 },
  runs: { times: 6_000, perMs: 60_000 },
  addresses: { times: 600, perMs: 60_000 },
};

interface SurfaceParts {
  readonly ports: Ports;
  readonly hub: LogHub;
  readonly webhooks: Surfaces['webhooks'];
  readonly previews: Previews;
  readonly identify: Identify;
  readonly ping: () => Promise<void>;
  readonly instance: Instance;
  readonly version: string;
  readonly rates: Rates;
  /** What the pages name: GitHub's website, and the Action. */
  readonly site: DashboardSite;
}

/** Callers of the API are known before their body is read, so strangers cannot take this room. */
const API_BODIES = { ...BODY_LIMITS, bytes: BODY_LIMITS.bytes / 2, largeBytes: BODY_LIMITS.largeBytes / 2 };

/** The three surfaces that answer requests: webhooks, API and previews. */
export async function composeSurfaces(parts: SurfaceParts) {
  const { ports, hub, webhooks, previews, identify, ping, version, rates, site } = parts;
  const { clock, log, requestRates: store } = ports;
  const instance = instanceHandlers(parts.instance);
  const shared = (name: 'people' | 'runs' | 'addresses') =>
    createSharedRate({ name, rate: rates[name], clock, store });
  const watch = createWatch(ports, WATCH_TIMES);
  const api = await createApi({
    ports,
    hub,
    dashboard: createDashboard({ watch, instance, site }),
    instance,
    identify,
    budget: createBodyBudget(API_BODIES),
    version,
    ping,
    limits: {
      exchange: createRateLimit(rates.exchange, clock),
      starts: createRateLimit(rates.starts, clock),
      people: shared('people'),
      runs: shared('runs'),
      addresses: shared('addresses'),
    },
  });
  const surfaces: Surfaces = {
    siteOf: createHosts(ports),
    webhooks,
    api: api.answer,
    registry: createRegistry(ports),
    previews: previews.serve,
    sockets: previews.connect,
    log,
  };
  return { surfaces, watch, closeApi: api.close };
}

/** How long another process may show a preview that this process has replaced. */
const TTL_MS = 1_000;

export interface Previews {
  readonly serve: PreviewHandler;
  readonly connect: Surfaces['sockets'];
  readonly flushVisits: () => Promise<void>;
  /** Ends idle connections to previews, and writes down who was there last. */
  readonly close: () => Promise<void>;
  readonly forget: (environment: Pick<StoredEnvironment, 'slug' | 'head' | 'current'>) => void;
}

export function composePreviews(ports: Ports, pages: PreviewPages): Previews {
  const { blobs, artifacts } = ports;
  const log = countRepeats(ports.log);
  const resolver = createCachedResolver({
    load: (label) =>
      findHost({ ...ports, accessOf: (environment) => accessRuleOf(ports, environment) }, label),
    ttlMs: TTL_MS,
    now: () => ports.clock.now().getTime(),
  });
  const proxy = createProxy(ports);
  const activity = createActivity({
    record: (id, at) => ports.environments.recordActivity(id, at),
    clock: ports.clock,
    onError: (error) => log('warn', 'the visits of a preview could not be written down', { error }),
  });
  const waker = createWaker({ wake: (environmentId) => wakeEnvironment(ports, { environmentId }) });
  const onError: PreviewFailed = (error, { url, headers }) =>
    log('error', 'a preview could not be served', { host: headers.host, url, error });
  const { resolve, forget } = resolver;
  const gate = createGate(ports);
  const parts = { resolve, forget, gate, pages, proxy, activity, waker, clock: ports.clock, onError };
  return {
    serve: createPreviewHandler({ ...parts, blobs, artifacts }),
    connect: createSocketHandler(parts),
    flushVisits: activity.flush,
    async close() {
      proxy.close();
      await activity.close();
    },
    forget({ slug, head, current }) {
      resolver.forget(slug);
      if (head) resolver.forget(commitLabel({ sha: head.sha, label: slug }));
      for (const { service } of addressesOf(current?.reach))
        resolver.forget(serviceLabel({ service, label: slug }));
    },
  };
}
