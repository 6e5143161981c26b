import { type Connection, type Model, trusted } from 'mongoose';
import type { NotificationFilter, NotificationStore } from '../../../src/notifications/notification.js';
import { NOTIFICATION_STATUS } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, onlyKeys, pageOf, text } from '../shared/query.js';
import { insertedOrThere, retryOnce } from '../shared/write.js';
import { notificationClaims } from './claims.js';
import {
  freshDocument,
  type NotificationDocument,
  notificationModel,
  toNotification,
  VISIBLE,
  type VisibleNotification,
} from './document.js';

/** Notifications with how their sending went. */
export function notificationStore(connection: Connection): NotificationStore {
  const model = notificationModel(connection);
  const one = (projectId: string, id: string) => ({
    _id: text(id, 'the id'),
    projectId: text(projectId, 'the project'),
  });
  return {
    ...notificationClaims(connection),
    add: (fresh) =>
      retryOnce(() => insertedOrThere(model.collection.insertOne(freshDocument(fresh, new Date()) as never))),
    async get(projectId, id) {
      const found = await model.findOne(one(projectId, id), VISIBLE).lean<VisibleNotification>();
      return found && toNotification(found);
    },
    async ofProject(projectId, filter, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const query = {
        projectId: text(projectId, 'the project'),
        ...(after && { _id: trusted({ $lt: after[0] }) }),
      };
      const found = await find(model, query, filter).limit(limit + 1);
      return pageOf(found.map(toNotification), { limit, cursor: ({ id }) => id });
    },
    async again(projectId, id) {
      // One that is being sent is left alone: it could be sent twice.
      const free = { ...one(projectId, id), 'lease.owner': null };
      const changed = await model
        .findOneAndUpdate(
          free,
          {
            $set: { status: NOTIFICATION_STATUS.waiting, attempts: 0, error: null },
            $currentDate: { nextAt: true },
          },
          { returnDocument: 'after', projection: VISIBLE },
        )
        .lean<VisibleNotification>();
      return changed && toNotification(changed);
    },
    async deleteOfProject(projectId) {
      await model.deleteMany({ projectId: text(projectId, 'the project') }).hint('project_id');
    },
    async deleteBefore(before) {
      const over = { nextAt: null, createdAt: { $lt: before } };
      const options = { hint: 'created', maxTimeMS: MAX_TIME_MS };
      return (await model.collection.deleteMany(over, options)).deletedCount;
    },
  };
}

const KEYS = ['status', 'channelId'] as const;

/** Newest first; each filter has an index that serves its order. */
function find(model: Model<NotificationDocument>, scope: object, filter: NotificationFilter) {
  onlyKeys(filter, KEYS);
  const { status, channelId } = filter;
  const index =
    channelId !== undefined ? 'channel_id' : status !== undefined ? 'project_status_id' : 'project_id';
  const query = {
    ...scope,
    ...(status !== undefined && { status: oneOf(status, Object.values(NOTIFICATION_STATUS)) }),
    ...(channelId !== undefined && { channelId: text(channelId, 'the channel') }),
  };
  return model.find(query, VISIBLE).sort({ _id: -1 }).hint(index).lean<VisibleNotification[]>();
}
