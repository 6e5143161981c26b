import type { InboxStatus } from '../shared/status/words.js';

/** A webhook whose signature was right. Of its body the part is kept that handlers read. */
export interface Delivery {
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly repoId: number | null;
  readonly installationId: number | null;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** What an event did, and why: asked for most by people to whom "nothing happened". */
export interface DeliveryDecision {
  readonly action: string;
  readonly rule: string;
  readonly detail: string;
  readonly environmentIds: readonly string[];
}

/** One that says by itself that it changes nothing comes with its decision: it is kept, and handed to nobody. */
export interface NewDelivery extends Delivery {
  readonly decision?: DeliveryDecision;
}

export interface ClaimedDelivery extends Delivery {
  /** How often it was handed out, this time included. */
  readonly attempts: number;
  /** How often it failed for a reason of its own, other than that GitHub or the database was away. */
  readonly failures: number;
  /** How often in a row whoever had it was not heard of again. */
  readonly crashes: number;
  readonly fence: number;
}

/** What becomes of a delivery whose handler failed. */
export interface NextTry {
  readonly error: string;
  readonly inMs: number;
  readonly failures: number;
  readonly park: boolean;
}

export interface InboxStore {
  /** One journaled write for all; a guid that is there already counts as stored. Throws when the database cannot take it. */
  store(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Oldest claimable first; one at a time per pull request is not promised, idempotence is. */
  claim(by: { owner: string; leaseMs: number; limit: number }): Promise<readonly ClaimedDelivery[]>;
  finish(delivery: ClaimedDelivery, decision: DeliveryDecision): Promise<void>;
  /** Another try later, or parked for a person to look at; `failures` is what is counted from now on. */
  retry(delivery: ClaimedDelivery, next: NextTry): Promise<void>;
  list(
    filter: { status?: InboxStatus; repoId?: number },
    page: { cursor?: string; limit: number },
  ): Promise<{
    items: readonly (Omit<Delivery, 'body'> & {
      status: InboxStatus;
      decision: DeliveryDecision | null;
      error: string | null;
    })[];
    nextCursor: string | null;
  }>;
  /** Since when the one that is next has been waiting to be handed out; null when none is. */
  waitingSince(): Promise<Date | null>;
  counts(): Promise<Readonly<Record<InboxStatus, number>>>;
}

export interface DeliveryPorts {
  readonly inbox: InboxStore;
}
