import { expect, test } from '@jest/globals';
import { channelUrl } from '../../src/notifications/channel.js';

test.each([
  ['webhook', 'https://hooks.example.com/x?y=1', 'hooks.example.com'],
  ['slack', 'https://hooks.slack.com/services/T0/B0/x', 'hooks.slack.com'],
  ['slack', 'https://chat.example.com/hooks/abc', 'chat.example.com'],
  ['discord', 'https://discord.com/api/webhooks/1/x', 'discord.com'],
  ['discord', 'https://discord.com/api/v10/webhooks/1/x', 'discord.com'],
] as const)('a channel of the kind %s can be at %s', (kind, url, host) => {
  expect(channelUrl(kind, url).host).toBe(host);
});

test.each([
  ['webhook', 'ftp://example.com', /must begin with https/],
  ['webhook', 'example.com', /must begin with https/],
  ['webhook', 'https://me:secret@example.com/', /user name or a password/],
  ['slack', 'https://hooks.slack.com/', /incoming webhook of hooks\.slack\.com/],
  ['slack', 'https://hooks.slack.com/apps/x', /incoming webhook/],
  ['discord', 'https://discord.com/channels/1/2', /incoming webhook of discord\.com/],
] as const)('a channel of the kind %s cannot be at %s', (kind, url, message) => {
  expect(() => channelUrl(kind, url)).toThrow(message);
});
