import { z } from 'zod';
import { CHANNEL_EVENTS, CHANNEL_KINDS } from '../shared/notification-words.js';
import { NOTIFICATION_STATUS } from '../shared/status/words.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, page, PageQuery } from './shapes.js';

const CHANNELS = `${API}/projects/:id/channels` as const;
const NOTIFICATIONS = `${API}/projects/:id/notifications` as const;

export const ChannelView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    kind: z.enum(CHANNEL_KINDS),
    name: z.string(),
    /** Of the address. The rest of it is write-only: a person who knows it can post there. */
    host: z.string(),
    events: z.array(z.enum(CHANNEL_EVENTS)),
    active: z.boolean(),
    createdAt: z.string(),
    updatedAt: z.string(),
  }),
);
export type ChannelView = ValueOf<typeof ChannelView>;

const ChannelWithSecret = /* @__PURE__ */ lazily(() =>
  z.object({
    channel: ChannelView(),
    /** With which a webhook checks the signature of requests. Shown this once; null for the other kinds. */
    secret: z.string().nullable(),
  }),
);

export const NotificationView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    channelId: Id().nullable(),
    medium: z.enum([...CHANNEL_KINDS, 'email']),
    event: z.string(),
    environmentId: z.string().nullable(),
    deploymentId: z.string().nullable(),
    status: z.enum(NOTIFICATION_STATUS),
    attempts: z.int(),
    /** What the other side said to the last attempt. */
    answer: z.object({ status: z.int().nullable(), text: z.string() }).nullable(),
    error: z.string().nullable(),
    nextAttemptAt: z.string().nullable(),
    createdAt: z.string(),
    sentAt: z.string().nullable(),
  }),
);
export type NotificationView = ValueOf<typeof NotificationView>;

const Name = () => z.string().trim().min(1).max(100);
const Url = () => z.string().min(1).max(1_000);
const Events = () =>
  z
    .array(z.enum(CHANNEL_EVENTS))
    .min(1, 'must name at least one event')
    .max(CHANNEL_EVENTS.length)
    .refine((events) => new Set(events).size === events.length, 'must name each event once');

const ChannelParams = /* @__PURE__ */ lazily(() => z.strictObject({ id: Id(), channelId: Id() }));
const NotificationParams = /* @__PURE__ */ lazily(() => z.strictObject({ id: Id(), notificationId: Id() }));

const ofProject = { projectId: 'id' } as const;

export const listChannels = {
  method: 'GET',
  path: CHANNELS,
  permission: 'channel.read',
  resource: ofProject,
  summary: 'Lists the channels to which notifications of a project are sent',
  params: ById,
  query: PageQuery,
  answers: { 200: () => listOf(ChannelView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const createChannel = {
  method: 'POST',
  path: CHANNELS,
  permission: 'channel.change',
  resource: ofProject,
  summary: 'Adds a channel: a webhook, Slack or Discord',
  params: ById,
  body: () =>
    z.strictObject({
      kind: z.enum(CHANNEL_KINDS),
      name: Name(),
      url: Url(),
      events: Events().default([...CHANNEL_EVENTS]),
    }),
  answers: { 201: ChannelWithSecret },
  errors: ['not_found', 'conflict', 'unprocessable'],
} as const satisfies Operation;

export const changeChannel = {
  method: 'PATCH',
  path: `${CHANNELS}/:channelId`,
  permission: 'channel.change',
  resource: ofProject,
  summary: 'Changes a channel, or switches it off and on',
  params: ChannelParams,
  body: () =>
    z.strictObject({
      name: Name().optional(),
      url: Url().optional(),
      events: Events().optional(),
      active: z.boolean().optional(),
    }),
  answers: { 200: ChannelView },
  errors: ['not_found', 'unprocessable'],
} as const satisfies Operation;

export const renewChannelSecret = {
  method: 'POST',
  path: `${CHANNELS}/:channelId/secret`,
  permission: 'channel.change',
  resource: ofProject,
  summary: 'Gives a webhook a new signing secret and shows it once',
  params: ChannelParams,
  answers: { 200: ChannelWithSecret },
  errors: ['not_found', 'unprocessable'],
} as const satisfies Operation;

export const deleteChannel = {
  method: 'DELETE',
  path: `${CHANNELS}/:channelId`,
  permission: 'channel.change',
  resource: ofProject,
  summary: 'Deletes a channel',
  params: ChannelParams,
  answers: { 200: () => z.object({ deleted: z.literal(true) }) },
  errors: ['not_found'],
} as const satisfies Operation;

export const testChannel = {
  method: 'POST',
  path: `${CHANNELS}/:channelId/test`,
  permission: 'channel.change',
  resource: ofProject,
  summary: 'Sends a test message and says how that went',
  params: ChannelParams,
  answers: { 200: NotificationView },
  errors: ['not_found'],
} as const satisfies Operation;

export const listNotifications = {
  method: 'GET',
  path: NOTIFICATIONS,
  permission: 'notification.read',
  resource: ofProject,
  summary: 'Lists the notifications of a project and how they were delivered, newest first',
  params: ById,
  query: () =>
    z.strictObject({
      status: z.enum(NOTIFICATION_STATUS).optional(),
      channel: Id().optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(NotificationView) },
  errors: ['not_found'],
} as const satisfies Operation;

export const sendNotificationAgain = {
  method: 'POST',
  path: `${NOTIFICATIONS}/:notificationId/send`,
  permission: 'notification.send',
  resource: ofProject,
  summary: 'Sends a notification again',
  params: NotificationParams,
  answers: { 202: NotificationView },
  errors: ['not_found', 'conflict'],
} as const satisfies Operation;

export const notifications = {
  listChannels,
  createChannel,
  changeChannel,
  renewChannelSecret,
  deleteChannel,
  testChannel,
  listNotifications,
  sendNotificationAgain,
} as const satisfies Operations;
