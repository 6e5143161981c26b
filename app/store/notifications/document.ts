import { type Connection, type Model, Schema } from 'mongoose';
import type { NewNotification, Notification } from '../../../src/notifications/notification.js';
import { NOTIFICATION_STATUS } from '../../../src/shared/status/words.js';
import { strictSchema } from '../shared/schema.js';

/** The right to send it. The fence only grows, so that a worker whose lease ended records nothing. */
interface Lease {
  readonly owner: string | null;
  readonly until: Date;
  readonly fence: number;
}

export interface NotificationDocument extends Omit<Notification, 'id'> {
  readonly _id: string;
  readonly lease: Lease;
  /** Since when it is being sent; null unless an attempt began and has not ended. */
  readonly begunAt: Date | null;
}

export type VisibleNotification = Omit<NotificationDocument, 'lease' | 'begunAt'>;

export const VISIBLE = { lease: 0, begunAt: 0 } as const;

export function toNotification({ _id, ...rest }: VisibleNotification): Notification {
  return { id: _id, ...rest };
}

const EPOCH = new Date(0);

/** Due at once. The claim goes by the clock of the database, which an insert cannot read: so the moment lies in the past. */
export function freshDocument({ id, ...fresh }: NewNotification, now: Date): NotificationDocument {
  return {
    _id: id,
    ...{ projectId: null, channelId: null, userId: null, to: null, facts: null, account: null },
    ...fresh,
    status: NOTIFICATION_STATUS.waiting,
    attempts: 0,
    nextAt: new Date(now.getTime() - CLOCKS_DIFFER_MS),
    ...{ answer: null, error: null, createdAt: now, sentAt: null },
    lease: { owner: null, until: EPOCH, fence: 0 },
    begunAt: null,
  };
}

const CLOCKS_DIFFER_MS = 60_000;

export const NOTIFICATIONS = 'notifications';

const { Mixed } = Schema.Types;

const notificationSchema = strictSchema<NotificationDocument>({
  _id: String,
  key: String,
  medium: String,
  event: String,
  projectId: String,
  channelId: String,
  userId: String,
  to: String,
  facts: Mixed,
  account: Mixed,
  status: String,
  attempts: Number,
  nextAt: Date,
  answer: Mixed,
  error: String,
  createdAt: Date,
  sentAt: Date,
  lease: { owner: String, until: Date, fence: Number },
  begunAt: Date,
});

export function notificationModel(connection: Connection): Model<NotificationDocument> {
  return connection.model<NotificationDocument>(NOTIFICATIONS, notificationSchema, NOTIFICATIONS);
}
