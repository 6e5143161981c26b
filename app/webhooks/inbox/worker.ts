import { setTimeout as pause } from 'node:timers/promises';
import type { ClaimedDelivery, DeliveryDecision, InboxStore } from '../../../src/deliveries/store.js';
import type { Clock, Log } from '../../../src/shared/tools.js';
import { createLane } from '../../workers/lease-worker.js';
import type { WebhookEvent } from '../declare-event.js';
import { ignored } from '../payload.js';
import type { Load } from './backpressure.js';
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
  readonly load: Load;
  readonly owner: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly concurrency?: number;
  readonly leaseMs?: number;
  readonly pollMs?: number;
  readonly random?: () => number;
}

const CONCURRENCY = 8;

const LEASE_MS = 20_000;

const POLL_MS = 1_000;

/** How soon it is noticed that no more come. */
const GLANCE_MS = 10;

/** Hands stored deliveries to their handlers, the oldest first, and keeps what was decided. */
export function createInboxWorker(options: InboxWorkerOptions) {
  const {
    inbox,
    owner,
    log,
    load,
    concurrency = CONCURRENCY,
    leaseMs = LEASE_MS,
    pollMs = POLL_MS,
  } = options;
  const inTurn = createTurns();
  const held: Held = new Map();
  const lane = createLane<ClaimedDelivery>({
    name: 'inbox',
    log,
    pollMs,
    claim: (limit) => inbox.claim({ owner, leaseMs, limit }),
    room: () => (load.busy() ? 1 : concurrency),
    async work(delivery) {
      if (isHeldAlready(held, delivery)) return;
      if (load.busy()) {
        await pauseForBacklog(load);
        // When it is over there is room for more than this one.
        lane.poke();
      }
      await inTurn(orderKeyOf(options, delivery), () => workOn(options, { delivery, held }));
    },
  });
  return lane;
}

/** What this worker has in hand, under the newest claim that it has of each: only that one may write the outcome. */
type Held = Map<string, ClaimedDelivery>;

/** Work that outlives its lease is claimed again, mostly by the same worker. That is no second work, but more time for the first. */
function isHeldAlready(held: Held, delivery: ClaimedDelivery): boolean {
  const already = held.has(delivery.guid);
  held.set(delivery.guid, delivery);
  return already;
}

/** While deliveries pour in, answers come first: work goes on slowly, and at full speed as soon as they stop. */
async function pauseForBacklog(load: Load): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const left = load.breathMs() - (performance.now() - begun);
    if (left <= 0) return;
    await pause(Math.min(left, GLANCE_MS));
  }
}

async function workOn(
  options: InboxWorkerOptions,
  { delivery, held }: { delivery: ClaimedDelivery; held: Held },
): Promise<void> {
  const { inbox, log } = options;
  const newest = () => held.get(delivery.guid) ?? delivery;
  try {
    if (isDeadly(delivery)) throw new Error('The server ended each time while it worked on this delivery.');
    const decision = await decide(options, delivery);
    await inbox.finish(newest(), decision);
  } catch (error) {
    await tryAgain(options, newest(), error).catch((cause: unknown) => {
      // Its lease runs out by itself, and it is claimed again.
      log('warn', 'a delivery could not be given back', { delivery: delivery.guid, error: cause });
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
  if (!events.has(event)) return ignored('event-not-used', `Events named ${event} change nothing here.`);
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
  if (next.park) log('error', 'delivery parked: it needs a person', fields);
  else log('warn', 'delivery failed, it is tried again', { ...fields, inMs: next.inMs });
  await inbox.retry(delivery, next);
}

/** Deliveries without an order of their own wait for no other delivery. */
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

/** Lets what belongs together happen one after the other, and everything else side by side. */
export function createTurns() {
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

/** Probot's handlers return nothing, so what they decide is left here under the delivery's id. */
export function createDecisions() {
  const made = new Map<string, DeliveryDecision>();
  return {
    record(guid: string, decision: DeliveryDecision): void {
      made.set(guid, decision);
    },
    take(guid: string): DeliveryDecision | undefined {
      const decision = made.get(guid);
      made.delete(guid);
      return decision;
    },
  };
}

export type Decisions = ReturnType<typeof createDecisions>;
