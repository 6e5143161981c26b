import type { InboxStatus } from '../shared/status/words.js';

/** A webhook with a valid signature. `body` is the part of its payload that is kept. */
export interface Delivery {
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly repoId: number | null;
  readonly installationId: number | null;
  readonly body: Uint8Array;
  readonly receivedAt: Date;
}

/** What an event did and why. People look here most often when nothing happened. */
export interface DeliveryDecision {
  readonly action: string;
  readonly rule: string;
  readonly detail: string;
  readonly environmentIds: readonly string[];
}

/** A delivery that shows by itself that it changes nothing already has its decision: it is stored, and no handler runs. */
export interface NewDelivery extends Delivery {
  readonly decision?: DeliveryDecision;
}

export interface ClaimedDelivery extends Delivery {
  /** How often it was claimed, including this claim. */
  readonly attempts: number;
  /** How often its handler failed, not counting the times when GitHub or the database was unavailable. */
  readonly failures: number;
  /** How often in a row its lease ran out, because the process that worked on it ended. */
  readonly crashes: number;
  readonly fence: number;
}

/** When and whether a delivery whose handler failed is tried again. */
export interface NextTry {
  readonly error: string;
  readonly inMs: number;
  readonly failures: number;
  readonly park: boolean;
}

export interface InboxStore {
  /** One journaled write for all. A guid that is stored already counts as stored. Throws when the database cannot store them. */
  store(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Oldest first. Two deliveries of one pull request may be claimed together, so handlers must be idempotent. */
  claim(by: { owner: string; leaseMs: number; limit: number }): Promise<readonly ClaimedDelivery[]>;
  finish(delivery: ClaimedDelivery, decision: DeliveryDecision): Promise<void>;
  /** Schedules the next try, or parks the delivery for a person to look at. */
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
  /** Since when the next claimable delivery has been waiting; null when there is none. */
  waitingSince(): Promise<Date | null>;
  counts(): Promise<Readonly<Record<InboxStatus, number>>>;
}

export interface DeliveryPorts {
  readonly inbox: InboxStore;
}
