import { randomBytes } from 'node:crypto';
import { type Seal, sealContext } from '../secrets/envelope.js';
import type { ChannelEvent, ChannelKind } from '../shared/notification-words.js';
import type { Page, PageRequest } from '../shared/pages.js';
import { VitrineError } from '../shared/errors.js';

/** An address to which the notifications of a project are sent. */
export interface Channel {
  readonly id: string;
  readonly projectId: string;
  readonly kind: ChannelKind;
  readonly name: string;
  /** The host of the address, for people. The rest of it is a secret: a person who knows it can post there. */
  readonly host: string;
  readonly events: readonly ChannelEvent[];
  readonly active: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What only the sender needs. */
export interface ChannelSecrets {
  readonly url: string;
  /** The key with which requests to a webhook are signed; null for the other kinds. */
  readonly secret: string | null;
}

export interface SealedChannel extends Channel {
  /** `ChannelSecrets`, encrypted. */
  readonly sealed: string;
}

export type ChannelPatch = Partial<Pick<SealedChannel, 'name' | 'host' | 'events' | 'active' | 'sealed'>>;

export interface ChannelStore {
  create(channel: SealedChannel): Promise<void>;
  get(projectId: string, id: string): Promise<SealedChannel | null>;
  /** Oldest first. */
  ofProject(projectId: string, page: PageRequest): Promise<Page<SealedChannel>>;
  /** Those that are active and want this event. */
  wanting(projectId: string, event: ChannelEvent): Promise<readonly SealedChannel[]>;
  countOf(projectId: string): Promise<number>;
  change(projectId: string, id: string, patch: ChannelPatch): Promise<SealedChannel | null>;
  delete(projectId: string, id: string): Promise<boolean>;
  deleteOfProject(projectId: string): Promise<void>;
}

export interface ChannelPorts {
  readonly channels: ChannelStore;
  readonly seal: Pick<Seal, 'seal' | 'open'>;
}

/** A project with more is misconfigured, and each event would be sent to all of them. */
export const MOST_CHANNELS = 20;

const HOSTS: Readonly<
  Partial<Record<ChannelKind, { readonly hosts: readonly string[]; readonly path: RegExp }>>
> = {
  slack: { hosts: ['hooks.slack.com', 'hooks.slack-gov.com'], path: /^\/(services|workflows|triggers)\// },
  discord: {
    hosts: ['discord.com', 'discordapp.com', 'canary.discord.com', 'ptb.discord.com'],
    path: /^\/api\/(v\d+\/)?webhooks\//,
  },
};

/**
 * The address of a channel as it is used. Throws with the remedy when it cannot be one: found out when the channel is made rather than with
 * its first notification. Services that take Slack's or Discord's format on hosts of their own are allowed.
 */
export function channelUrl(kind: ChannelKind, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new VitrineError('unprocessable', 'url: must begin with https:// or http://.');
  if (url.username !== '' || url.password !== '')
    throw new VitrineError('unprocessable', 'url: must not contain a user name or a password.');
  const known = HOSTS[kind];
  if (known?.hosts.includes(url.hostname) && !known.path.test(url.pathname))
    throw new VitrineError(
      'unprocessable',
      `url: is not the address of an incoming webhook of ${url.hostname}.`,
    );
  url.hash = '';
  return url;
}

const SECRET_PREFIX = 'whsec_';

/** In the form that libraries for Standard Webhooks take: https://www.standardwebhooks.com */
export function newSigningSecret(): string {
  return SECRET_PREFIX + randomBytes(32).toString('base64');
}

export function signingKey(secret: string): Buffer {
  return Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
}

type Place = Pick<Channel, 'projectId' | 'id'>;

/** For what is kept of a channel: it opens for this channel only. */
export function channelContext({ projectId, id }: Place): string {
  return sealContext('channel', projectId, id);
}

export function sealChannel(
  { seal }: Pick<ChannelPorts, 'seal'>,
  place: Place,
  secrets: ChannelSecrets,
): string {
  return seal.seal(JSON.stringify(secrets), channelContext(place));
}

export function openChannel({ seal }: Pick<ChannelPorts, 'seal'>, channel: SealedChannel): ChannelSecrets {
  return JSON.parse(seal.open(channel.sealed, channelContext(channel))) as ChannelSecrets;
}
