import type { AccessRule } from '../../src/access/grant.js';
import type { Deployment } from '../../src/deployments/model.js';
import type { DeploymentStore } from '../../src/deployments/store.js';
import { servicesOf } from '../../src/deployments/variables.js';
import { type Environment, isActive, isUnwell } from '../../src/environments/model.js';
import { type HostOwner, ownerOfHost } from '../../src/environments/host.js';
import type { EnvironmentStore, StoredEnvironment } from '../../src/environments/store.js';
import { isVitrineError } from '../../src/shared/errors.js';
import type { Reach } from '../../src/shared/reach.js';
import { serviceLabel } from '../../src/shared/preview-url.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import type { TargetFacts } from '../../src/targets/target.js';
import { withTimeout } from '../http/with-timeout.js';
import {
  pageAsleep,
  pageElsewhere,
  pageOfCommit,
  pageOfEnvironment,
  type Starts,
} from './page-of-environment.js';
import type { Preview, UpstreamPreview } from './preview.js';
import type { FoundHost, HostResolver } from './visit.js';
import { createWeightedCache } from './weighted-cache.js';

interface FindPorts {
  /** The address of the dashboard. */
  readonly publicUrl: string;
  readonly environments: Pick<EnvironmentStore, 'bySlug'>;
  readonly deployments: Pick<DeploymentStore, 'bySha7' | 'newestBySha7'>;
  readonly targets: ReadonlyMap<
    string,
    Pick<TargetFacts<unknown, unknown>, 'starts' | 'options' | 'addresses'>
  >;
}

const UNKNOWN: Preview = { kind: 'unknown' };

interface HostPorts extends FindPorts {
  readonly accessOf: (environment: StoredEnvironment) => Promise<AccessRule | null>;
}

/** What a host label shows and to whom, from the documents. The label belongs to an environment, one commit or one service of it. */
export async function findHost(ports: HostPorts, label: string): Promise<FoundHost> {
  const owner = await ownerOfHost(ports, label);
  if (!owner) return { preview: UNKNOWN, access: null };
  const [preview, access] = await Promise.all([
    previewOf(ports, { label, owner }),
    ports.accessOf(owner.environment),
  ]);
  return { preview, access };
}

/** The label of an environment, or of one commit or service of it. */
async function previewOf(
  ports: FindPorts,
  { label, owner: { environment, part } }: { readonly label: string; readonly owner: HostOwner },
): Promise<Preview> {
  if (part.kind === 'newest') return latestOf(ports, environment);
  if (part.kind === 'service') return serviceOf(ports, { label, environment });
  return commitOf(ports, { sha7: part.sha7, environment });
}

/** One more service of a preview. Before it is live, the settings say which services will have an address. */
function serviceOf(
  ports: FindPorts,
  { label, environment }: { readonly label: string; readonly environment: Environment },
): Preview {
  const isHere = (service: string) => serviceLabel({ service, label: environment.slug }) === label;
  const { current } = environment;
  if (isActive(environment) && current) {
    const { deploymentId, reach } = current;
    const addresses = reach.kind === 'upstream' ? (reach.addresses ?? []) : [];
    const found = addresses.find(({ service }) => isHere(service));
    return found ? programAt(environment, { deploymentId, host: found.host, port: found.port }) : UNKNOWN;
  }
  const isAsked = servicesOf(ports, environment).some(isHere);
  return isAsked ? pageOfEnvironment(environment, startsIn(ports)) : UNKNOWN;
}

function startsIn({ targets }: FindPorts): Starts {
  return (name) => targets.get(name)?.starts === true;
}

/** The last good deployment, also while newer ones are built or failed. */
function latestOf(ports: FindPorts, environment: Environment): Preview {
  const { current } = environment;
  if (!isActive(environment) || !current) return pageOfEnvironment(environment, startsIn(ports));
  return shownAt(environment, { deploymentId: current.deploymentId, reach: current.reach });
}

/** What is live, at the host of the environment and at that of its commit. */
function programAt(
  environment: Environment,
  { deploymentId, host, port }: Pick<UpstreamPreview, 'deploymentId' | 'host' | 'port'>,
): Preview {
  const { id, asleep, current, health } = environment;
  const program = { kind: 'upstream', deploymentId, host, port } as const;
  if (current?.deploymentId !== deploymentId) return program;
  if (asleep)
    return { kind: 'asleep', environmentId: id, page: pageAsleep(environment), failedAt: asleep.failedAt };
  return { ...program, keepsAwake: id, crashed: isUnwell(health) };
}

/** The one place that turns the reach of a deployment into what visitors get. */
function shownAt(
  environment: Environment,
  { deploymentId, reach }: { readonly deploymentId: string; readonly reach: Reach },
): Preview {
  const { projectId, settings } = environment;
  switch (reach.kind) {
    case 'files':
      return {
        kind: 'live',
        projectId,
        spa: settings?.build.spa ?? false,
        deploymentId,
        root: reach.root,
      };
    case 'upstream':
      return programAt(environment, { deploymentId, host: reach.host, port: reach.port });
    case 'elsewhere':
      return pageElsewhere(environment, reach.url);
  }
}

/** The newest build of the commit that can be served; otherwise the state of its newest deployment. */
async function commitOf(
  ports: FindPorts,
  { sha7, environment }: { readonly sha7: string; readonly environment: Environment },
): Promise<Preview> {
  const starts = startsIn(ports);
  if (!isActive(environment)) return pageOfEnvironment(environment, starts);
  const built = await ports.deployments.bySha7(environment.id, sha7);
  if (built?.reach && isServable(environment, built))
    return shownAt(environment, { deploymentId: built.id, reach: built.reach });
  const newest = await ports.deployments.newestBySha7(environment.id, sha7);
  if (newest?.status === DEPLOYMENT_STATUS.success && newest.reach?.kind === 'elsewhere')
    return shownAt(environment, { deploymentId: newest.id, reach: newest.reach });
  if (newest) return pageOfCommit(environment, newest, { starts, publicUrl: ports.publicUrl });
  return environment.head?.sha.startsWith(sha7) === true ? pageOfEnvironment(environment, starts) : UNKNOWN;
}

/** It is made and not being removed. It need not be live yet: the run verifies it at this host first. */
function isServable(environment: Environment, { id }: Deployment): boolean {
  return environment.resources.some(
    ({ deploymentId, doomed, handle }) => deploymentId === id && !doomed && handle !== null,
  );
}

interface CachedResolver {
  readonly resolve: HostResolver;
  /** Called when this process changed what a label shows; other processes notice it within the time to live. */
  readonly forget: (label: string) => void;
}

interface CachedResolverOptions {
  readonly load: (label: string) => Promise<FoundHost>;
  readonly ttlMs: number;
  readonly now: () => number;
  readonly patience?: Patience;
}

/** How long a visitor waits for the database, when this process knows what the label showed before, and when it does not. */
interface Patience {
  readonly knownMs: number;
  readonly unknownMs: number;
}

const PATIENCE: Patience = { knownMs: 2_000, unknownMs: 4_000 };

interface Entry {
  readonly found: FoundHost;
  readonly until: number;
  /** The last lookup failed because the database was away. */
  readonly outdated?: boolean;
}

/** Unknown labels are cached too, so their number is limited. */
const MAX_LABELS = 10_000;

/**
 * Concurrent requests for one label share one lookup, and its result is kept for `ttlMs`. While the database does not answer, a label
 * keeps showing what it showed before: nothing can replace or remove a preview in that time.
 */
export function createCachedResolver(options: CachedResolverOptions): CachedResolver {
  const { load, ttlMs, now, patience = PATIENCE } = options;
  const entries = createWeightedCache<Entry>({ capacity: MAX_LABELS, weigh: () => 1 });
  const loading = new Map<string, Promise<FoundHost>>();

  async function lookUp(label: string, isCurrent: () => boolean): Promise<FoundHost> {
    try {
      const found = await load(label);
      // `forget` was called during the lookup: the result may be outdated, so it is used once and not stored.
      if (isCurrent()) entries.set(label, { found, until: now() + ttlMs });
      return found;
    } finally {
      if (isCurrent()) loading.delete(label);
    }
  }

  /** What visitors wait for. The lookup itself may take longer. */
  function reload(label: string, known: Entry | undefined): Promise<FoundHost> {
    const lookup = lookUp(label, () => loading.get(label) === visit);
    const visit = withTimeout(known ? patience.knownMs : patience.unknownMs, lookup).catch(
      (error: unknown) => {
        const isAway = isVitrineError(error) && error.code === 'unavailable';
        if (!isAway || !known || known.found.preview.kind === 'unknown') throw error;
        if (entries.get(label) === known)
          entries.set(label, { found: known.found, until: now() + ttlMs, outdated: true });
        return known.found;
      },
    );
    loading.set(label, visit);
    return visit;
  }

  return {
    resolve(label) {
      const entry = entries.get(label);
      if (entry !== undefined && entry.until > now()) return entry.found;
      const visit = loading.get(label) ?? reload(label, entry);
      if (!entry?.outdated) return visit;
      // No visitor waits for a database that is away: this lookup finds out whether it is back.
      visit.catch(() => undefined);
      return entry.found;
    },
    forget(label) {
      loading.delete(label);
      entries.delete(label);
    },
  };
}
