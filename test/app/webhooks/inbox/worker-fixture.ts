import { EVENTS } from '../../../../app/index.js';
import type { Store } from '../../../../app/store/connect.js';
import type { Load } from '../../../../app/webhooks/inbox/backpressure.js';
import {
  createDecisions,
  createInboxWorker,
  type Decisions,
  type InboxWorkerOptions,
  type ReceivedEvent,
} from '../../../../app/webhooks/inbox/worker.js';

type Handler = (event: ReceivedEvent, decide: Decisions['record']) => void | Promise<void>;
export type WorkerFixture = ReturnType<typeof createWorkerFixture>;

const QUIET: Load = { add: () => undefined, busy: () => false, breathMs: () => 0 };

/** A worker over the real inbox, whose handler each test brings along. */
export function createWorkerFixture({ stores: { inbox } }: Store) {
  const decisions = createDecisions();
  const seen: ReceivedEvent[] = [];
  const lines: string[] = [];
  const workerWith = (handler: Handler, given: Partial<InboxWorkerOptions>) =>
    createInboxWorker({
      inbox,
      events: EVENTS,
      decisions,
      load: QUIET,
      owner: 'test',
      clock: { now: () => new Date() },
      log: (_level, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`),
      async receive(event) {
        seen.push(event);
        await handler(event, decisions.record);
      },
      ...given,
    });
  return {
    seen,
    lines,
    put: (guid: string, event: string, payload: unknown) =>
      inbox.store([
        {
          guid,
          event,
          action: 'opened',
          repoId: 11,
          installationId: 5,
          body: Buffer.from(JSON.stringify(payload)),
          receivedAt: new Date(),
        },
      ]),
    row: async (guid: string) =>
      (await inbox.list({}, { limit: 100 })).items.find((item) => item.guid === guid),
    /** Until nothing can be claimed now. With `random` at -1 what failed is due again at once. */
    async work(handler: Handler, random: () => number = Math.random): Promise<void> {
      const worker = workerWith(handler, { random });
      await worker.drain();
      await worker.stop(1_000);
    },
    workerWith,
  };
}
