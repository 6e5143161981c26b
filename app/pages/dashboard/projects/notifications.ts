import type { projectPages } from '../../../../src/contract/dashboard/projects.js';
import {
  changeChannel,
  type ChannelView,
  createChannel,
  type NotificationView,
} from '../../../../src/contract/notifications.js';
import type { Page } from '../../../../src/contract/operation.js';
import { isVitrineError, VitrineError } from '../../../../src/shared/errors.js';
import {
  CHANNEL_EVENTS,
  CHANNEL_KINDS,
  type ChannelEvent,
} from '../../../../src/shared/notification-words.js';
import { NOTIFICATION_STATUS, type NotificationStatus } from '../../../../src/shared/status/words.js';
import type { Handlers } from '../../../api/handler.js';
import { parseInput } from '../../../api/input.js';
import { notificationHandlers } from '../../../api/notifications.js';
import { isOurFault } from '../../../http/respond.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { formHandler, leadTo } from '../forms.js';
import type { Badge } from '../present.js';
import type { Shell } from '../shell.js';
import { addressOf, type HeadModel, projectPage } from './head.js';

interface Tick {
  readonly name: ChannelEvent;
  readonly label: string;
  readonly isTicked: boolean;
}

interface ChannelModel extends Omit<ChannelView, 'events'> {
  readonly events: readonly Tick[];
  readonly when: string;
  readonly isWebhook: boolean;
}

interface SentModel {
  readonly badge: Badge;
  readonly event: string;
  readonly channel: string;
  readonly at: string;
  readonly attempts: number;
  readonly answer: string;
}

interface Typed {
  readonly name: string;
  readonly url: string;
  readonly kinds: readonly { readonly value: string; readonly label: string; readonly isChosen: boolean }[];
  readonly events: readonly Tick[];
  readonly problem: string;
}

interface NotificationsModel {
  readonly head: HeadModel;
  readonly channels: readonly ChannelModel[];
  readonly sent: readonly SentModel[];
  readonly typed: Typed;
  /** Of a webhook, this once. */
  readonly secret: string;
  readonly secretOf: string;
}

type Pages = Pick<
  Handlers<typeof projectPages>,
  | 'showProjectNotifications'
  | 'submitNewChannel'
  | 'submitChannel'
  | 'submitChannelSecret'
  | 'submitChannelTest'
  | 'submitChannelDeletion'
>;

const LABELS: Readonly<Record<ChannelEvent, string>> = {
  'deployment.succeeded': 'A deployment is live',
  'deployment.failed': 'A deployment failed',
  'environment.destroyed': 'A preview was removed',
  'environment.unhealthy': 'A preview does not answer',
  'approval.needed': 'A commit waits for approval',
};

const KINDS = { webhook: 'Webhook', slack: 'Slack', discord: 'Discord' } as const;

const BADGES: Readonly<Record<NotificationStatus, Badge>> = {
  [NOTIFICATION_STATUS.waiting]: { label: 'Waiting', tone: 'progress' },
  [NOTIFICATION_STATUS.sent]: { label: 'Arrived', tone: 'good' },
  [NOTIFICATION_STATUS.failed]: { label: 'Failed', tone: 'bad' },
  [NOTIFICATION_STATUS.dropped]: { label: 'Given up', tone: 'muted' },
};

type Ticks = Readonly<Partial<Record<ChannelEvent, 'yes' | undefined>>>;

const tickedIn = (body: Ticks): ChannelEvent[] => CHANNEL_EVENTS.filter((event) => body[event] === 'yes');

function ticks(events: readonly string[]): Tick[] {
  return CHANNEL_EVENTS.map((name) => ({ name, label: LABELS[name], isTicked: events.includes(name) }));
}

function typedOf(
  { kind, name, url }: { readonly kind: string; readonly name: string; readonly url: string },
  events: readonly string[],
  problem = '',
): Typed {
  const kinds = CHANNEL_KINDS.map((value) => ({ value, label: KINDS[value], isChosen: value === kind }));
  return { name, url, problem, kinds, events: ticks(events) };
}

interface Again {
  readonly typed?: Typed;
  readonly secret?: string | null;
  readonly secretOf?: string;
}

type Show = (ports: Ports, input: Asking & { params: { id: string } }, again?: Again) => Promise<Page>;

export function projectNotificationsPage(shell: Shell): Pages {
  const render = shell.page<NotificationsModel>('project-notifications');
  const show: Show = async (ports, input, again = {}) => {
    const { id } = input.params;
    const { head } = await projectPage(ports, input, { id, tab: 'notifications' });
    const model = {
      ...{ head, ...(await listsOf(ports, input, id)) },
      typed: again.typed ?? typedOf({ kind: 'webhook', name: '', url: '' }, CHANNEL_EVENTS),
      secret: again.secret ?? '',
      secretOf: again.secretOf ?? '',
    };
    const title = `Notifications of ${head.name}`;
    return render(ports, input, { title, section: 'projects', at: addressOf(id, 'notifications'), model });
  };
  return { showProjectNotifications: (ports, input) => show(ports, input), ...makingForms(show), ...forms };
}

function makingForms(show: Show): Pick<Pages, 'submitNewChannel' | 'submitChannelSecret'> {
  return {
    async submitNewChannel(ports, input) {
      const { kind, name, url } = input.body;
      const events = tickedIn(input.body);
      try {
        const body = parseInput(createChannel.body(), { kind, name, url, events });
        const { id } = input.params;
        const { channel, secret } = await perform(notificationHandlers.createChannel, {
          ...{ ports, input, params: { id }, body },
        });
        if (secret !== null)
          return { status: 200, body: await show(ports, input, { secret, secretOf: channel.name }) };
        const message = `${channel.name} is added. Send a test to see that it arrives.`;
        const location = addressOf(id, 'notifications');
        return { status: 303, body: leadTo(ports, { location, flash: { tone: 'good', message } }) };
      } catch (error) {
        if (!isVitrineError(error) || isOurFault(error)) throw error;
        const typed = typedOf({ kind, name, url }, events, error.message);
        return { status: 200, body: await show(ports, input, { typed }) };
      }
    },

    async submitChannelSecret(ports, input) {
      const { id, channelId } = input.params;
      const params = { id, channelId };
      const { channel, secret } = await perform(notificationHandlers.renewChannelSecret, {
        ports,
        input,
        params,
      });
      return { status: 200, body: await show(ports, input, { secret, secretOf: channel.name }) };
    },
  };
}

const forms: Pick<Pages, 'submitChannel' | 'submitChannelTest' | 'submitChannelDeletion'> = {
  submitChannel: formHandler(async (ports, input) => {
    const { name, url, active } = input.body;
    const wanted = {
      ...{ name, active: active === 'yes', events: tickedIn(input.body) },
      ...(url.trim() !== '' && { url }),
    };
    const body = parseInput(changeChannel.body(), wanted);
    await perform(notificationHandlers.changeChannel, { ports, input, params: input.params, body });
    return { message: `${name} is changed.` };
  }),

  submitChannelTest: formHandler(async (ports, input) => {
    const sent = await perform(notificationHandlers.testChannel, { ports, input, params: input.params });
    const said = answerText(sent);
    if (sent.status === NOTIFICATION_STATUS.sent)
      return { message: `The test message arrived${said === '' ? '' : `: ${said}`}.` };
    throw new VitrineError('unprocessable', `The test message did not arrive: ${said || 'no answer'}.`);
  }),

  submitChannelDeletion: formHandler(async (ports, input) => {
    await perform(notificationHandlers.deleteChannel, { ports, input, params: input.params });
    return { message: 'The channel is deleted: nothing is sent there any more.' };
  }),
};

const MOST = 50;
const RECENT = 20;

async function listsOf(
  ports: Ports,
  input: Asking,
  id: string,
): Promise<Pick<NotificationsModel, 'channels' | 'sent'>> {
  const parts = { ports, input, params: { id } };
  const [channels, sent] = await Promise.all([
    perform(notificationHandlers.listChannels, { ...parts, query: { limit: MOST } }),
    perform(notificationHandlers.listNotifications, { ...parts, query: { limit: RECENT } }),
  ]);
  const names = new Map(channels.items.map((one) => [one.id, one.name]));
  return {
    channels: channels.items.map(({ events, ...channel }) => ({
      ...channel,
      events: ticks(events),
      when:
        events.length === CHANNEL_EVENTS.length
          ? 'everything'
          : events.map((one) => LABELS[one].toLowerCase()).join(', '),
      isWebhook: channel.kind === 'webhook',
    })),
    sent: sent.items.map((one) => ({
      ...{ at: one.createdAt, attempts: one.attempts, badge: BADGES[one.status] },
      event: one.event === 'test' ? 'A test message' : (LABELS[one.event as ChannelEvent] ?? one.event),
      channel: one.channelId === null ? 'mail' : (names.get(one.channelId) ?? 'a deleted channel'),
      answer: answerText(one),
    })),
  };
}

function answerText({ answer, error }: Pick<NotificationView, 'answer' | 'error'>): string {
  if (answer) return [answer.status === null ? '' : String(answer.status), answer.text].join(' ').trim();
  return error ?? '';
}
