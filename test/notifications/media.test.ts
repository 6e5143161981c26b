import { expect, test } from '@jest/globals';
import { newSigningSecret } from '../../src/notifications/channel.js';
import {
  discordMessage,
  escapeDiscord,
  signWebhook,
  slackMessage,
  WRITERS,
} from '../../src/notifications/media.js';
import type { NotificationEvent } from '../../src/notifications/notification.js';
import { wordingOf } from '../../src/notifications/wording.js';
import { factsWith, HOSTILE, someFacts } from './facts.js';

const AT = new Date('2026-01-01T00:00:00Z');

test.each<[NotificationEvent, string, string | undefined]>([
  ['deployment.succeeded', 'The preview of site #7 is live', 'http://pr-7-site.localhost:3000/'],
  ['deployment.failed', 'The deployment of site #7 failed', 'https://github.com/octo/site/actions/runs/1'],
  ['environment.destroyed', 'The preview of site #7 was removed', 'https://github.com/octo/site/pull/7'],
  ['approval.needed', 'The preview of site #7 waits for approval', 'https://github.com/octo/site/pull/7'],
])('%s is told in a sentence with the next step', (event, title, url) => {
  const wording = wordingOf(event, someFacts());
  expect(wording.title).toBe(title);
  expect(wording.action?.url).toBe(url);
  expect(wording.lines.map(({ label, value }) => `${label}: ${value}`)).toEqual([
    'Pull request: #7 Add a page',
    'Author: mona',
    'Branch: add-page',
    'Commit: a1b2c3d Add a page',
    'Took: 1 min 12 s',
    'Repository: octo/site',
  ]);
});

test('an address that is no web address is not linked', () => {
  const { deployment } = someFacts();
  const hostile = deployment && {
    ...deployment,
    url: 'javascript:alert(1)',
    commitUrl: 'file:///etc/passwd',
  };
  const { action, lines } = wordingOf('deployment.succeeded', someFacts({ deployment: hostile }));
  expect(action?.url).toBe('https://github.com/octo/site/pull/7');
  expect(lines.filter(({ url }) => url?.startsWith('file:'))).toEqual([]);
});

interface Element {
  readonly type: string;
  readonly text?: string;
  readonly url?: string;
  readonly elements?: readonly Element[];
}

const OURS = /^(http:\/\/[\w-]+\.localhost:3000\/|https:\/\/github\.com\/octo\/site\/)/;

test.each(HOSTILE)('Slack shows %j as text: no mention, no link, no format', (text) => {
  for (const event of ['deployment.failed', 'deployment.succeeded'] as const) {
    const message = slackMessage(wordingOf(event, factsWith(text)));
    // Only raw angle brackets mean something in this field.
    expect(message.text).not.toMatch(/[<>]/);
    expect(message).toMatchObject({ mrkdwn: false, parse: 'none', link_names: false });
    const leaves = (element: Element): Element[] => element.elements?.flatMap(leaves) ?? [element];
    const parts = message.blocks.flatMap((block) => leaves(block as Element));
    // In rich text, only an element of another type would be a mention or a format.
    expect([...new Set(parts.map(({ type }) => type))].toSorted()).toEqual(['link', 'text']);
    expect(parts.filter(({ url }) => url !== undefined && !OURS.test(url))).toEqual([]);
    expect(JSON.stringify(parts)).not.toMatch(/\\u001b|\\u0000|\\r|\\n|\u202e/);
  }
});

/** What Discord would read as a format, a mention or a link: the mark without a backslash before it. */
const LIVE = /(?<!\\)(?:\\\\)*(?:[*_~`|<[#]|\]\(|https?:\/\/|www\.|@(?=[a-z]))/i;

test.each(HOSTILE)('Discord shows %j as text, and it notifies nobody', (text) => {
  expect(escapeDiscord(text.slice(0, 200))).not.toMatch(LIVE);
  const message = discordMessage(wordingOf('deployment.failed', factsWith(text)), AT);
  expect(message.allowed_mentions).toEqual({ parse: [] });
  const [embed] = message.embeds;
  expect(embed?.url).toMatch(OURS);
  for (const line of (embed?.description ?? '').split('\n')) {
    const [, value = ''] = /^\*\*[A-Z][a-z ]+:\*\* (.*)$/.exec(line) ?? [];
    const ours = / \(\[open\]\((\S+)\)\)$/.exec(value);
    if (ours) expect(ours[1]).toMatch(OURS);
    expect(value.slice(0, ours?.index)).not.toMatch(LIVE);
  }
});

test('a webhook is signed over id, time and body, so that a receiver can check it with any library', () => {
  const secret = newSigningSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const notification = { id: 'f'.repeat(24), event: 'deployment.failed', createdAt: AT } as const;
  const facts = someFacts({ reason: 'Exit 1' });
  const { headers, body } = WRITERS.webhook({
    notification,
    facts,
    now: new Date('2026-01-01T00:00:05Z'),
    secret,
  });
  expect(JSON.parse(body)).toEqual({ type: 'deployment.failed', timestamp: AT.toISOString(), data: facts });
  expect(headers).toMatchObject({ 'webhook-id': notification.id, 'webhook-timestamp': '1767225605' });
  const seconds = headers['webhook-timestamp'] ?? '';
  expect(headers['webhook-signature']).toBe(signWebhook(secret, { id: notification.id, seconds, body }));
  // The example of https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  const example = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', seconds: '1614265330', body: '{"test": 2432232314}' };
  expect(signWebhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', example)).toBe(
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  );
});
