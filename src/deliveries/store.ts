import type { Page, PageRequest } from '../shared/pages.js';
import type { InboxStatus } from '../shared/status/words.js';

/** Who sends webhooks. Those of GitHub are handled, and those of the others are kept for audit. */
export const PROVIDERS = ['github', 'gitlab', 'bitbucket'] as const;
export type Provider = (typeof PROVIDERS)[number];

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

/** The action of a decision on a webhook that nothing handles yet. */
export const KEPT_FOR_AUDIT = 'keep';

/** What an event did and why. People look here most often when nothing happened. */
export interface DeliveryDecision {
  readonly action: string;
  readonly rule: string;
  readonly detail: string;
  readonly environmentIds: readonly string[];
}

/** A delivery that shows by itself that it changes nothing already has its decision: it is stored, and no handler runs. */
export interface NewDelivery extends Delivery {
  /** GitHub unless it is said. */
  readonly provider?: Provider;
  /** Its name when the webhook was sent: of a repository of GitHub, the id is the identity. */
  readonly repository?: string | null;
  readonly pullRequest?: number | null;
  /** Those that are worth keeping; never a token or a signature. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly decision?: DeliveryDecision;
}

/** That a person or an operator had a delivery handled again. */
export interface Replay {
  readonly by: string;
  readonly at: Date;
  /** What had come of it before. */
  readonly decision: DeliveryDecision | null;
}

/** A stored delivery, without the bytes of its payload. */
export interface DeliveryRow extends Omit<Delivery, 'body'> {
  readonly provider: Provider;
  readonly repository: string | null;
  readonly pullRequest: number | null;
  readonly status: InboxStatus;
  readonly decision: DeliveryDecision | null;
  readonly error: string | null;
}

export interface DeliveryDetail extends DeliveryRow {
  /** Null when retention dropped it. */
  readonly body: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly replays: readonly Replay[];
}

/** At most one of rule, event and pull request; a pull request needs its repository. */
export interface DeliveryFilter {
  readonly repoId?: number;
  /** Only those of these repositories: what the caller may see. */
  readonly repoIds?: readonly number[];
  /** A part of what it is called or of what came of it, in any case. */
  readonly search?: string;
  readonly status?: InboxStatus;
  readonly rule?: string;
  readonly event?: string;
  readonly pullRequest?: number;
  readonly provider?: Provider;
  /** Of GitLab or Bitbucket. */
  readonly repository?: string;
  readonly from?: Date;
  readonly to?: Date;
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
  /**
   * Newest first. What no index finds is looked for among so many deliveries at a time: a page may hold fewer than it could, even none, and
   * the next one goes on where it ended.
   */
  list(filter: DeliveryFilter, page: PageRequest): Promise<Page<DeliveryRow>>;
  get(guid: string): Promise<DeliveryDetail | null>;
  /** Makes a delivery that has ended ready again, and keeps who asked for it; false when it has not ended, or has no payload any more. */
  replay(guid: string, by: string): Promise<boolean>;
  /**
   * Drops the payloads of deliveries that ended and arrived before then, the oldest first, at most so many. Answers how many were looked
   * at: fewer than the limit means that nothing is left.
   */
  dropPayloads(before: Date, limit: number): Promise<number>;
  /** The same for whole deliveries. */
  deleteEnded(before: Date, limit: number): Promise<number>;
  /** Since when the next claimable delivery has been waiting; null when there is none. */
  waitingSince(): Promise<Date | null>;
  counts(): Promise<Readonly<Record<InboxStatus, number>>>;
}

export interface DeliveryPorts {
  readonly inbox: InboxStore;
}
