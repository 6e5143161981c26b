import { createHmac } from 'node:crypto';
import { type Channel, signingKey } from './channel.js';
import type { Facts, Notification } from './notification.js';
import { type Wording, wordingOf } from './wording.js';

/** A request that carries a notification. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Writing {
  readonly notification: Pick<Notification, 'id' | 'event' | 'createdAt'>;
  readonly facts: Facts;
  readonly now: Date;
  /** Of a webhook; null for the others. */
  readonly secret: string | null;
}

type Write = (writing: Writing) => Message;

/** How each kind of channel is written to. */
export const WRITERS: Readonly<Record<Channel['kind'], Write>> = {
  webhook: writeWebhook,
  slack: ({ notification, facts }) => json(slackMessage(wordingOf(notification.event, facts))),
  discord: ({ notification, facts }) =>
    json(discordMessage(wordingOf(notification.event, facts), notification.createdAt)),
};

function json(value: unknown): Message {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

/**
 * Signed as https://www.standardwebhooks.com asks: the receiver computes the same HMAC over id, time and body, refuses an old time, and
 * drops an id that it has seen. The id stays the same when the request is repeated.
 */
function writeWebhook({ notification, facts, now, secret }: Writing): Message {
  const { id, event, createdAt } = notification;
  const { headers, body } = json({ type: event, timestamp: createdAt.toISOString(), data: facts });
  const seconds = String(Math.floor(now.getTime() / 1_000));
  const signature = secret === null ? '' : signWebhook(secret, { id, seconds, body });
  return {
    headers: {
      ...headers,
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': signature,
    },
    body,
  };
}

export function signWebhook(
  secret: string,
  { id, seconds, body }: { readonly id: string; readonly seconds: string; readonly body: string },
): string {
  const mac = createHmac('sha256', signingKey(secret)).update(`${id}.${seconds}.${body}`);
  return `v1,${mac.digest('base64')}`;
}

/**
 * Slack shows rich text as it is: mentions, links and formats are elements of their own and are not looked for in text.
 * https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
 */
export function slackMessage({ title, action, lines }: Wording) {
  const link = (text: string, url: string) => ({ type: 'link', url, text });
  const plain = (text: string, style: object = {}) => ({ type: 'text', text, ...style });
  const section = (...elements: object[]) => ({ type: 'rich_text_section', elements });
  const bold = { style: { bold: true } };
  return {
    // For notifications and screen readers only. Without < and > nothing in it is a mention or a link.
    text: escapeSlack(title),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      {
        type: 'rich_text',
        elements: [
          section(plain(title, bold)),
          ...lines.map(({ label, value, url }) =>
            section(plain(`${label}: `, bold), url === null ? plain(value) : link(value, url)),
          ),
          ...(action ? [section(link(action.label, action.url))] : []),
        ],
      },
    ],
  };
}

function escapeSlack(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

const COLOURS: Readonly<Record<Wording['tone'], number>> = {
  good: 0x2f_6f_5e,
  bad: 0xb3_26_1e,
  neutral: 0x62_66_6f,
};

/** Discord formats the text of an embed, so what could be read as a format, a mention or a link is escaped. */
export function discordMessage({ title, tone, action, lines }: Wording, at: Date) {
  const described = lines.map(({ label, value, url }) => {
    const text = escapeDiscord(value);
    return `**${label}:** ${text}${url === null ? '' : ` ([open](${escapeUrl(url)}))`}`;
  });
  return {
    // What is written here notifies no member of the channel, however it is written.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: escapeDiscord(title),
        ...(action ? { url: action.url } : {}),
        description: described.join('\n').slice(0, 4_000),
        color: COLOURS[tone],
        timestamp: at.toISOString(),
      },
    ],
  };
}

const ZERO_WIDTH = '\u200b';

/** https://support.discord.com/hc/en-us/articles/210298617: every mark that formats, mentions or links. */
export function escapeDiscord(text: string): string {
  return text
    .replace(/[\\*_~`|>#[\]()<!-]/g, '\\$&')
    .replace(/[@:]/g, `$&${ZERO_WIDTH}`)
    .replace(/\b(www|discord)\./gi, `$1${ZERO_WIDTH}.`);
}

function escapeUrl(url: string): string {
  return url.replace(/[()\\]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}

/** The event that a person asks for to see whether a channel works. */
export function testFacts(project: Facts['project'], repository: string, at: Date): Facts {
  return {
    project,
    repository,
    environment: { id: '', name: '', url: '' },
    pullRequest: null,
    deployment: null,
    reason: null,
    at: at.toISOString(),
  };
}
