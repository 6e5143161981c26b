/** Where a channel of a project sends to. E-mail goes to people by their preferences, not by channels. */
export const CHANNEL_KINDS = ['webhook', 'slack', 'discord'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** What a project can be notified of. */
export const CHANNEL_EVENTS = [
  'deployment.succeeded',
  'deployment.failed',
  'environment.destroyed',
  'environment.unhealthy',
  'approval.needed',
] as const;
export type ChannelEvent = (typeof CHANNEL_EVENTS)[number];
