import { ok, type ApiRoute } from '../http/api-route.js';
import { within } from '../http/within.js';

/** The process runs. Nothing else is asked, so that a database that is away does not get the process killed. */
export const health: ApiRoute = { input: 'none', handle: async () => ok({ ok: true }) };

const PATIENCE_MS = 1_000;

/** The process can take work: it has started, and the database answers within a second. */
export function createReady(ping: () => Promise<void>): ApiRoute {
  return {
    input: 'none',
    async handle() {
      const ready = await answersInTime(ping);
      return { status: ready ? 200 : 503, body: { ok: ready, database: ready ? 'up' : 'down' } };
    },
  };
}

async function answersInTime(ping: () => Promise<void>): Promise<boolean> {
  return within(PATIENCE_MS, ping()).then(
    () => true,
    () => false,
  );
}
