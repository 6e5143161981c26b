import type { InboxStatus } from '../domain/lifecycle.js';

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
  readonly attempts: number;
  readonly fence: number;
}

export interface InboxStore {
  /** One journaled write for all; a guid that is there already counts as stored. Throws when the database cannot take it. */
  store(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Oldest claimable first; one at a time per pull request is not promised, idempotence is. */
  claim(by: { owner: string; leaseMs: number; limit: number }): Promise<readonly ClaimedDelivery[]>;
  finish(delivery: ClaimedDelivery, decision: DeliveryDecision): Promise<void>;
  /** Another try later; parked for a person to look at once `attempts` are used up. */
  retry(delivery: ClaimedDelivery, failure: { error: string; inMs: number; park: boolean }): Promise<void>;
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
  counts(): Promise<Readonly<Record<InboxStatus, number>>>;
}
