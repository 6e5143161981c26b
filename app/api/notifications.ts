import type { ChannelView, notifications, NotificationView } from '../../src/contract/notifications.js';
import type { Channel } from '../../src/notifications/channel.js';
import {
  changeChannel,
  createChannel,
  deleteChannel,
  renewSecret,
  testChannel,
} from '../../src/notifications/channels.js';
import type { Notification } from '../../src/notifications/notification.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Caller } from './access.js';
import { found, type Handlers, isoOrNull, pageOf } from './handler.js';

export const notificationHandlers: Handlers<typeof notifications> = {
  async listChannels(ports, { params, query }) {
    found(await ports.projects.get(params.id), 'project');
    const { items, nextCursor } = await ports.channels.ofProject(params.id, pageOf(query));
    return { items: items.map(presentChannel), nextCursor };
  },

  async createChannel(ports, { params, body, caller }) {
    found(await ports.projects.get(params.id), 'project');
    const wanted = { ...body, projectId: params.id, actor: actorName(caller) };
    const { channel, secret } = await createChannel(ports, wanted);
    return { channel: presentChannel(channel), secret };
  },

  async changeChannel(ports, { params, body, caller }) {
    const { id: projectId, channelId: id } = params;
    const change = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    return presentChannel(await changeChannel(ports, { projectId, id, actor: actorName(caller), change }));
  },

  async renewChannelSecret(ports, { params, caller }) {
    const { id: projectId, channelId: id } = params;
    const { channel, secret } = await renewSecret(ports, { projectId, id, actor: actorName(caller) });
    return { channel: presentChannel(channel), secret };
  },

  async deleteChannel(ports, { params, caller }) {
    const { id: projectId, channelId: id } = params;
    await deleteChannel(ports, { projectId, id, actor: actorName(caller) });
    return { deleted: true };
  },

  async testChannel(ports, { params }) {
    const { id: projectId, channelId: id } = params;
    return presentNotification(await testChannel(ports, { projectId, id }));
  },

  async listNotifications(ports, { params, query }) {
    found(await ports.projects.get(params.id), 'project');
    const { status, channel, ...page } = query;
    const filter = {
      ...(status !== undefined && { status }),
      ...(channel !== undefined && { channelId: channel }),
    };
    const { items, nextCursor } = await ports.notifications.ofProject(params.id, filter, pageOf(page));
    return { items: items.map(presentNotification), nextCursor };
  },

  async sendNotificationAgain(ports, { params }) {
    const { id: projectId, notificationId } = params;
    found(await ports.notifications.get(projectId, notificationId), 'notification');
    const again = await ports.notifications.again(projectId, notificationId);
    if (again) return presentNotification(again);
    throw new VitrineError('conflict', 'It is being sent at this moment. Look at it again in a minute.');
  },
};

/** For the audit log. */
function actorName(caller: Caller): string {
  if (caller.kind === 'user') return caller.userId;
  return caller.kind === 'operator' ? caller.name : caller.kind;
}

function presentChannel(channel: Channel): ChannelView {
  const { id, kind, name, host, events, active, createdAt, updatedAt } = channel;
  return {
    ...{ id, kind, name, host, events: [...events], active },
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function presentNotification(notification: Notification): NotificationView {
  const { id, channelId, medium, event, facts, status, attempts, answer, error } = notification;
  return {
    ...{ id, channelId, medium, event, status, attempts, answer, error },
    environmentId: facts?.environment.id || null,
    deploymentId: facts?.deployment?.id ?? null,
    nextAttemptAt: isoOrNull(notification.nextAt),
    createdAt: notification.createdAt.toISOString(),
    sentAt: isoOrNull(notification.sentAt),
  };
}
