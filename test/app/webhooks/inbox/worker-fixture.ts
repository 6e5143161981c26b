import { EVENTS } from '../../../../app/index.js';
import type { Store } from '../../../../app/store/connect.js';
import type { Backpressure } from '../../../../app/webhooks/inbox/backpressure.js';
import {
  createDecisions,
  createInboxWorker,
  type Decisions,
  type InboxWorkerOptions,
  type ReceivedEvent,
} from '../../../../app/webhooks/inbox/worker.js';

type Handler = (event: ReceivedEvent, decide: Decisions['record']) => void | Promise<void>;
export type WorkerFixture = ReturnType<typeof createWorkerFixture>;

const QUIET: Backpressure = { add: () => undefined, busy: () => false, pauseMs: () => 0 };

/** A worker over the real inbox, with the handler of the test. */
export function createWorkerFixture({ stores: { inbox } }: Store) {
  const decisions = createDecisions();
  const seen: ReceivedEvent[] = [];
  const lines: string[] = [];
  const workerWith = (handler: Handler, given: Partial<InboxWorkerOptions>) =>
    createInboxWorker({
      inbox,
      events: EVENTS,
      decisions,
      backpressure: QUIET,
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
    /** Until nothing can be claimed. A failed delivery is not due again within the test, or at once with `random` at -1. */
    async work(handler: Handler, random: () => number = () => 1e6): Promise<void> {
      const worker = workerWith(handler, { random });
      await worker.drain();
      await worker.stop(1_000);
    },
    workerWith,
  };
}
