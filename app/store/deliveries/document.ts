import { Schema, type Connection, type Model } from 'mongoose';
import type { Delivery, DeliveryDecision, Provider, Replay } from '../../../src/deliveries/store.js';
import type { InboxStatus } from '../../../src/shared/status/words.js';
import { strictSchema } from '../shared/schema.js';

export interface DeliveryDocument extends Omit<Delivery, 'guid' | 'body'> {
  /** GitHub's delivery id: the same for every attempt to deliver it. */
  readonly _id: string;
  /** Empty after retention dropped it: older versions of the program read it too. */
  readonly body: Uint8Array;
  /** Absent in documents of version 0.2, which are all GitHub's. */
  readonly provider?: Provider;
  readonly repository?: string | null;
  readonly pullRequest?: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly replays?: readonly Replay[];
  readonly status: InboxStatus;
  /** Claimable from then on, by the database's clock: the end of a lease or of a pause between attempts. */
  readonly readyAt: Date;
  readonly attempts: number;
  readonly failures: number;
  readonly crashes: number;
  readonly fence: number;
  readonly claim: string | null;
  readonly decision: DeliveryDecision | null;
  readonly error: string | null;
}

const WEBHOOK_DELIVERIES = 'webhookDeliveries';

const deliverySchema = strictSchema<DeliveryDocument>({
  _id: String,
  event: String,
  action: String,
  repoId: Number,
  installationId: Number,
  body: Buffer,
  provider: String,
  repository: String,
  pullRequest: Number,
  headers: Schema.Types.Mixed,
  replays: [Schema.Types.Mixed],
  receivedAt: Date,
  status: String,
  readyAt: Date,
  attempts: Number,
  failures: Number,
  crashes: Number,
  fence: Number,
  claim: String,
  decision: Schema.Types.Mixed,
  error: String,
});

export function deliveryModel(connection: Connection): Model<DeliveryDocument> {
  return connection.model<DeliveryDocument>(WEBHOOK_DELIVERIES, deliverySchema, WEBHOOK_DELIVERIES);
}
