import { withTimeout } from '../http/with-timeout.js';
import type { Ports } from '../ports.js';
import { ok, type ApiRoute } from './route.js';

/** The process runs. Nothing else is asked, so that a database that is away does not get the process killed. */
export const health: ApiRoute = { input: 'none', handle: async () => ok({ ok: true }) };

const PATIENCE_MS = 1_000;

/** The process can take work: it has started, and the database answers within a second. How far behind it is, others judge. */
export function createReady(ping: () => Promise<void>): ApiRoute {
  return {
    input: 'none',
    async handle(ports) {
      const [ready, lagSeconds] = await Promise.all([answersInTime(ping), lagOf(ports)]);
      return { status: ready ? 200 : 503, body: { ok: ready, database: ready ? 'up' : 'down', lagSeconds } };
    },
  };
}

async function answersInTime(ping: () => Promise<void>): Promise<boolean> {
  return withTimeout(PATIENCE_MS, ping()).then(
    () => true,
    () => false,
  );
}

/** How long the next webhook has been waiting to be worked on; null when nobody can tell now. */
async function lagOf({ inbox, clock }: Ports): Promise<number | null> {
  const asked = withTimeout(PATIENCE_MS, inbox.waitingSince());
  const since = await asked.catch(() => undefined);
  if (since === undefined) return null;
  return since ? Math.max(0, Math.floor((clock.now().getTime() - since.getTime()) / 1_000)) : 0;
}
