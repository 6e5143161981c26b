import { requireKeys } from '../../src/secrets/rotate.js';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import type { Config } from '../config/config.js';
import { projectVersion } from '../config/project-root.js';
import type { Secrets } from '../config/secrets.js';
import type { GitHubSide } from '../github/create-github.js';
import { createIdentity } from '../github/identity/verify.js';
import type { Surfaces } from '../http/server.js';
import { createLogHub, HUB_TIMES, type LogHub } from '../live/hub.js';
import type { Ports } from '../ports.js';
import type { PreviewPages } from '../previews/wait-pages.js';
import { engineWarning } from './containers.js';
import { composeInstance } from './instance.js';
import type { Intake } from './intake.js';
import { githubWebsite } from '../config/sign-in.js';
import type { OpenedStore } from './open-store.js';
import type { Overrides } from './overrides.js';
import { composePorts, type Wake } from './ports.js';
import { composePreviews, composeSurfaces, type Previews, RATES } from './surfaces.js';
import { screenshotWarning } from './screenshots.js';
import type { Work } from './work.js';
import { startWorkProcess } from './work-process.js';

interface RunParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly overrides: Overrides;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: Pick<OpenedStore, 'stores' | 'ping' | 'migrations' | 'close' | 'uri'>;
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
  readonly flushVisits: () => Promise<void>;
  /** How many streams are open. */
  readonly streams: () => number;
  /** Answers that would not end by themselves. */
  readonly endStreams: () => void;
  /** Claims nothing more, and waits at most this long for what is in work. The server may still answer meanwhile. */
  readonly stopWork: (withinMs: number) => Promise<void>;
  /** After the last answer and the last work. */
  readonly close: () => Promise<void>;
}

/** Composes the app over an open store and starts its workers. */
export async function runApp(parts: RunParts): Promise<Running> {
  const { store, intake } = parts;
  const { ports, github, previews, hub, onDue } = compose(parts);
  await requireKeys(ports);
  const warning = engineWarning(parts.config);
  for (const text of [warning, await screenshotWarning(parts.config)])
    if (text !== null) parts.log('warn', text);
  const work = await startWorking(parts, { ports, github, previews });
  onDue(work.due);
  const { surfaces, watch, closeApi } = await composeSurfaces(surfaceInputs(parts, { ports, previews, hub }));
  intake.onArriving(work.arriving);
  return {
    surfaces,
    ports,
    drain: work.drain,
    flushVisits: previews.flushVisits,
    streams: () => hub.count() + watch.count(),
    endStreams() {
      hub.close();
      watch.close();
    },
    stopWork: work.stop,
    async close() {
      await closeApi();
      await previews.close();
      await intake.idle();
      await store.close();
    },
  };
}

interface Inside {
  readonly ports: Ports;
  readonly github: GitHubSide;
  readonly previews: Previews;
}

async function startWorking(parts: RunParts, { ports, github, previews }: Inside): Promise<Work> {
  const { config, secrets, overrides, store, publicUrl, previewBase, log } = parts;
  const { workerProgram, leaseMs, firstSweepMs } = overrides;
  if (workerProgram === undefined) {
    // Only here, because what works on webhooks is a third of all that a server loads.
    const { startWork } = await import('./work.js');
    return startWork({ config, secrets, overrides, ports, github });
  }
  return startWorkProcess({
    program: workerProgram,
    order: { config, secrets, mongodbUri: store.uri, publicUrl, previewBase, leaseMs, firstSweepMs },
    onChanged: previews.forget,
    log,
  });
}

/** Store writes wake the workers and clear cached previews. Both need the stores, so the callbacks are set afterwards. */
function compose(parts: RunParts) {
  let due: Wake['due'] = () => undefined;
  let changed: Wake['changed'] = () => undefined;
  let logged: Wake['logged'] = () => undefined;
  const { ports, github } = composePorts({
    ...parts,
    stores: parts.store.stores,
    version: projectVersion(),
    wake: {
      due: (...what) => due(...what),
      changed: (environment) => changed(environment),
      logged: (kind, chunk) => logged(kind, chunk),
    },
  });
  const previews = composePreviews(ports, parts.pages);
  changed = previews.forget;
  const hub = createLogHub(ports, { ...HUB_TIMES, ...parts.overrides.streams });
  logged = hub.stored;
  return { ports, github, previews, hub, onDue: (poke: Wake['due']) => (due = poke) };
}

function surfaceInputs(parts: RunParts, inside: { ports: Ports; previews: Previews; hub: LogHub }) {
  const { config, overrides, clock, log, store, publicUrl, intake } = parts;
  const version = projectVersion();
  const identity = createIdentity({ issuer: config.oidcIssuer, audience: publicUrl, clock });
  return {
    ...inside,
    webhooks: intake.endpoint,
    identify: overrides.identify ?? identity.verify,
    ping: store.ping,
    instance: composeInstance({ config, store, version, clock, log, examine: overrides.examine }),
    version,
    site: { website: githubWebsite(config.githubApiUrl), action: config.action },
    rates: { ...RATES, ...overrides.rates },
  };
}
