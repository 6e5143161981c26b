import { setTimeout as pause } from 'node:timers/promises';
import { EVENT_NOT_USED } from '../../../src/deliveries/replay.js';
import type { ClaimedDelivery, DeliveryDecision, InboxStore } from '../../../src/deliveries/store.js';
import type { Clock, Log } from '../../../src/shared/tools.js';
import { createLeaseWorker } from '../../workers/lease-worker.js';
import type { WebhookEvent } from '../declare-event.js';
import { ignored } from '../payload.js';
import type { Backpressure } from './backpressure.js';
import { isDeadly, nextTry } from './next-try.js';

export interface ReceivedEvent {
  readonly id: string;
  readonly name: string;
  readonly payload: unknown;
}

export interface InboxWorkerOptions {
  readonly inbox: InboxStore;
  /** Runs the handlers of an event; rejects when one of them failed. */
  readonly receive: (event: ReceivedEvent) => Promise<void>;
  readonly events: ReadonlyMap<string, Pick<WebhookEvent, 'orderKey'>>;
  readonly decisions: Decisions;
  readonly backpressure: Backpressure;
  readonly owner: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly concurrency?: number;
  readonly leaseMs?: number;
  readonly pollMs?: number;
  readonly random?: () => number;
}

const CONCURRENCY = 16;

const LEASE_MS = 20_000;

const POLL_MS = 1_000;

/** A delivery is heard of while it is being written, so the first look may be too early. */
const AGAIN_MS = [2, 5, 20, 100];

/** How soon a pause notices that the deliveries have stopped. */
const RECHECK_MS = 10;

/** Hands stored deliveries to their handlers, the oldest first, and stores what they decide. */
export function createInboxWorker(options: InboxWorkerOptions) {
  const {
    inbox,
    owner,
    log,
    backpressure,
    concurrency = CONCURRENCY,
    leaseMs = LEASE_MS,
    pollMs = POLL_MS,
  } = options;
  const inOrder = createKeyedQueue();
  const held: Held = new Map();
  const worker = createLeaseWorker<ClaimedDelivery>({
    name: 'inbox',
    log,
    pollMs,
    againMs: AGAIN_MS,
    async claim(room, heardOf) {
      // A lone delivery is claimed by one command, without a look for others.
      const found = await inbox.claim({ owner, leaseMs, limit: heardOf === 1 ? 1 : room });
      // It was tried before, and is not the one that was heard of.
      if (heardOf === 1 && found.some(({ attempts }) => attempts > 1)) worker.poke();
      return found;
    },
    room: () => (backpressure.busy() ? 1 : concurrency),
    async work(delivery) {
      if (isInWork(held, delivery)) return;
      if (backpressure.busy()) {
        await pauseForBacklog(backpressure);
        // After the pause there may be room for more than this delivery.
        worker.poke({ items: concurrency });
      }
      await inOrder(orderKeyOf(options, delivery), () => workOn(options, { delivery, held }));
    },
  });
  return worker;
}

/** The deliveries in work, by guid, each with this worker's newest claim of it: only the newest claim may write the outcome. */
type Held = Map<string, ClaimedDelivery>;

/** A delivery whose lease ran out during its work is claimed again, mostly by the same worker. That only extends the first work. */
function isInWork(held: Held, delivery: ClaimedDelivery): boolean {
  const inWork = held.has(delivery.guid);
  held.set(delivery.guid, delivery);
  return inWork;
}

/** While many deliveries arrive, answering GitHub comes first. As soon as they stop, the worker continues at full speed. */
async function pauseForBacklog(backpressure: Backpressure): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const left = backpressure.pauseMs() - (performance.now() - begun);
    if (left <= 0) return;
    await pause(Math.min(left, RECHECK_MS));
  }
}

async function workOn(
  options: InboxWorkerOptions,
  { delivery, held }: { delivery: ClaimedDelivery; held: Held },
): Promise<void> {
  const { inbox, log } = options;
  const newest = () => held.get(delivery.guid) ?? delivery;
  try {
    if (isDeadly(delivery)) throw new Error('The server ended each time it worked on this delivery.');
    const decision = await decide(options, delivery);
    await inbox.finish(newest(), decision);
  } catch (error) {
    await tryAgain(options, newest(), error).catch((cause: unknown) => {
      // Its lease runs out, and then it is claimed again.
      log('warn', 'a delivery could not be released', { delivery: delivery.guid, error: cause });
    });
  } finally {
    held.delete(delivery.guid);
  }
}

async function decide(
  { receive, events, decisions }: InboxWorkerOptions,
  delivery: ClaimedDelivery,
): Promise<DeliveryDecision> {
  const { guid, event } = delivery;
  if (!events.has(event)) return ignored(EVENT_NOT_USED, `Events named ${event} change nothing here.`);
  decisions.take(guid);
  await receive({ id: guid, name: event, payload: payloadOf(delivery) });
  return (
    decisions.take(guid) ??
    ignored('action-not-used', `${event} ${delivery.action ?? ''} changes nothing here.`)
  );
}

async function tryAgain(
  options: InboxWorkerOptions,
  delivery: ClaimedDelivery,
  error: unknown,
): Promise<void> {
  const { inbox, clock, log, random = Math.random } = options;
  const { guid, event, attempts } = delivery;
  const next = nextTry({ delivery, error, now: clock.now(), random });
  const fields = { delivery: guid, event, attempts, error: next.error };
  if (next.park) log('error', 'delivery parked: a person must look at it', fields);
  else log('warn', 'delivery failed and will be tried again', { ...fields, inMs: next.inMs });
  await inbox.retry(delivery, next);
}

/** A delivery without an order key waits for no other: its own guid is its key. */
function orderKeyOf({ events }: InboxWorkerOptions, delivery: ClaimedDelivery): string {
  try {
    return events.get(delivery.event)?.orderKey(payloadOf(delivery)) ?? delivery.guid;
  } catch {
    return delivery.guid;
  }
}

function payloadOf({ body }: ClaimedDelivery): unknown {
  return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
}

/** Runs work with the same key one after the other, in the order of the calls, and work with different keys side by side. */
export function createKeyedQueue() {
  const last = new Map<string, Promise<void>>();
  return async (key: string, work: () => Promise<void>): Promise<void> => {
    const mine = (last.get(key) ?? Promise.resolve()).then(work);
    last.set(key, mine);
    try {
      await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}

/** Probot's handlers return nothing, so a decision is passed on here under its delivery's guid, and taken once. */
export function createDecisions() {
  const decisions = new Map<string, DeliveryDecision>();
  return {
    record(guid: string, decision: DeliveryDecision): void {
      decisions.set(guid, decision);
    },
    take(guid: string): DeliveryDecision | undefined {
      const decision = decisions.get(guid);
      decisions.delete(guid);
      return decision;
    },
  };
}

export type Decisions = ReturnType<typeof createDecisions>;
