import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Projection } from '../../src/environments/model.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import type { GitHubSide } from '../github/create-github.js';
import type { Ports } from '../ports.js';
import { createBackpressure } from '../webhooks/inbox/backpressure.js';
import type { Overrides } from './overrides.js';
import type { Sent } from '../webhooks/inbox/committer.js';
import { composeWorkers } from './workers.js';

/** The background work of a server, in this process or in one of its own. */
export interface Work {
  /** A write made a projection of the environment due: look now instead of at the next poll. */
  readonly due: (projection: Projection, environmentId: string) => void;
  /** So many deliveries are being stored: look now. */
  readonly arriving: (sent: Sent) => void;
  /** Until every stored delivery is worked on and nothing is due. */
  drain(): Promise<void>;
  /** Claims nothing more and waits for what is in work, at most this long. */
  stop(withinMs: number): Promise<void>;
}

interface WorkParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly github: GitHubSide;
  readonly overrides: Pick<Overrides, 'leaseMs' | 'periodicJobs' | 'firstSweepMs' | 'programsEveryMs'>;
}

/** Starts the workers in this process. */
export async function startWork(parts: WorkParts): Promise<Work> {
  const backpressure = createBackpressure(parts.ports.clock);
  const owner = `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
  const { runner, inbox, notifier, startJobs } = await composeWorkers({ ...parts, backpressure, owner });
  inbox.start();
  runner.start();
  notifier.start();
  const jobs = parts.overrides.periodicJobs === false ? [] : startJobs();
  return {
    due: runner.poke,
    arriving({ deliveries, undecided }) {
      backpressure.add(deliveries);
      if (undecided > 0) inbox.poke({ items: undecided });
    },
    drain: () => drainAll([inbox.drain, runner.drain, notifier.drain]),
    async stop(withinMs) {
      // A picture may take longer than there is time. It is taken after the next start.
      const photographed = parts.ports.screenshotTools?.photographer.close();
      await Promise.all([inbox, runner, notifier, ...jobs].map((worker) => worker.stop(withinMs)));
      await photographed;
    },
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
