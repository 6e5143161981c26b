import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import type { Config } from '../config/config.js';
import { projectVersion } from '../config/project-root.js';
import type { Secrets } from '../config/secrets.js';
import { createIdentity } from '../github/identity/verify.js';
import type { Surfaces } from '../http/server.js';
import type { Ports } from '../ports.js';
import type { PreviewPages } from '../previews/wait-pages.js';
import type { Store } from '../store/connect.js';
import type { Intake } from './intake.js';
import type { Overrides } from './overrides.js';
import { composePorts, type Wake } from './ports.js';
import { composePreviews, composeSurfaces, type Previews, RATES } from './surfaces.js';
import { composeWorkers } from './workers.js';

interface RunParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly overrides: Overrides;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Store;
  readonly publicUrl: string;
  readonly previewBase: PreviewBase;
  /** Already takes webhooks. */
  readonly intake: Intake;
  readonly pages: PreviewPages;
}

interface Running {
  readonly surfaces: Surfaces;
  readonly ports: Ports;
  readonly drain: () => Promise<void>;
  readonly stop: (withinMs: number) => Promise<void>;
}

/** Composes the app over an open store and starts its workers. */
export async function runApp(parts: RunParts): Promise<Running> {
  const { store, intake } = parts;
  const { backpressure } = intake;
  const { ports, github, previews, onDue } = compose(parts);
  const owner = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
  const { runner, inbox, startJobs } = await composeWorkers({ ...parts, ports, github, backpressure, owner });
  onDue(runner.poke);
  const { surfaces, closeApi } = await composeSurfaces(surfaceInputs(parts, { ports, previews }));
  intake.onStored(inbox.poke);
  inbox.start();
  runner.start();
  const jobs = startJobs();
  return {
    surfaces,
    ports,
    drain: () => drainAll([inbox.drain, runner.drain]),
    async stop(withinMs) {
      await closeApi();
      await intake.idle();
      await Promise.all([inbox, runner, ...jobs].map((worker) => worker.stop(withinMs)));
      await store.close();
    },
  };
}

/** Store writes wake the workers and clear cached previews. Both need the stores, so the callbacks are set afterwards. */
function compose(parts: RunParts) {
  let due: Wake['due'] = () => undefined;
  let changed: Wake['changed'] = () => undefined;
  const { ports, github } = composePorts({
    ...parts,
    stores: parts.store.stores,
    version: projectVersion(),
    wake: { due: (projection) => due(projection), changed: (environment) => changed(environment) },
  });
  const previews = composePreviews(ports, parts.pages);
  changed = previews.forget;
  return { ports, github, previews, onDue: (poke: Wake['due']) => (due = poke) };
}

function surfaceInputs(parts: RunParts, inside: { ports: Ports; previews: Previews }) {
  const { config, overrides, clock, store, publicUrl, intake } = parts;
  const identity = createIdentity({ issuer: config.oidcIssuer, audience: publicUrl, clock });
  return {
    ...inside,
    webhooks: intake.endpoint,
    identify: overrides.identify ?? identity.verify,
    ping: store.ping,
    version: projectVersion(),
    rates: { ...RATES, ...overrides.rates },
  };
}

/** Returns how many items were processed. */
type Drain = () => Promise<number>;

/** Drains all queues until a whole pass processes nothing: one queue can add work to another. */
async function drainAll(drains: readonly Drain[]): Promise<void> {
  let did: number;
  do {
    did = 0;
    for (const drain of drains) did += await drain();
  } while (did > 0);
}
