import type { AuditPorts } from '../people/audit-log.js';
import type { ProjectPorts } from '../projects/project.js';
import type { RepositoryPorts } from '../repositories/model.js';
import { VitrineError } from '../shared/errors.js';
import type { ChannelEvent, ChannelKind } from '../shared/notification-words.js';
import type { Tools } from '../shared/tools.js';
import {
  type Channel,
  type ChannelPatch,
  type ChannelPorts,
  channelUrl,
  MOST_CHANNELS,
  newSigningSecret,
  openChannel,
  sealChannel,
  type SealedChannel,
} from './channel.js';
import { deliver } from './deliver.js';
import { testFacts } from './media.js';
import type { Notification } from './notification.js';

type Ports = ChannelPorts & AuditPorts & Pick<Tools, 'clock' | 'newId'>;

interface Created {
  readonly channel: Channel;
  /** Shown once; null for kinds that have none. */
  readonly secret: string | null;
}

interface NewChannel {
  readonly projectId: string;
  readonly actor: string;
  readonly kind: ChannelKind;
  readonly name: string;
  readonly url: string;
  readonly events: readonly ChannelEvent[];
}

export async function createChannel(ports: Ports, wanted: NewChannel): Promise<Created> {
  const { projectId, actor, kind, name, events } = wanted;
  const url = channelUrl(kind, wanted.url);
  if ((await ports.channels.countOf(projectId)) >= MOST_CHANNELS)
    throw new VitrineError(
      'conflict',
      `A project has at most ${String(MOST_CHANNELS)} channels: delete one first.`,
    );
  const now = ports.clock.now();
  const place = { id: ports.newId(), projectId };
  const secret = kind === 'webhook' ? newSigningSecret() : null;
  const channel: SealedChannel = {
    ...place,
    ...{ kind, name, host: url.host, events, active: true, createdAt: now, updatedAt: now },
    sealed: sealChannel(ports, place, { url: url.href, secret }),
  };
  await ports.channels.create(channel);
  await record(ports, { actor, action: 'create-channel', channel });
  return { channel, secret };
}

interface ChangedChannel {
  readonly projectId: string;
  readonly id: string;
  readonly actor: string;
  readonly change: Partial<Pick<NewChannel, 'name' | 'url' | 'events'>> & { readonly active?: boolean };
}

export async function changeChannel(
  ports: Ports,
  { projectId, id, actor, change }: ChangedChannel,
): Promise<Channel> {
  const before = await existing(ports, { projectId, id });
  const { url, ...rest } = change;
  const patch = url === undefined ? {} : addressPatch(ports, before, url);
  const changed = await ports.channels.change(projectId, id, { ...rest, ...patch });
  if (!changed) throw noChannel();
  await record(ports, { actor, action: 'change-channel', channel: changed });
  return changed;
}

function addressPatch(ports: Ports, channel: SealedChannel, text: string): ChannelPatch {
  const url = channelUrl(channel.kind, text);
  const { secret } = openChannel(ports, channel);
  return { host: url.host, sealed: sealChannel(ports, channel, { url: url.href, secret }) };
}

interface Named {
  readonly projectId: string;
  readonly id: string;
  readonly actor: string;
}

/** The old secret stops working at once: a receiver that must not miss anything accepts both for a while. */
export async function renewSecret(ports: Ports, { projectId, id, actor }: Named): Promise<Created> {
  const before = await existing(ports, { projectId, id });
  if (before.kind !== 'webhook')
    throw new VitrineError(
      'unprocessable',
      'Only webhooks have a signing secret. Change the url of this channel instead.',
    );
  const secret = newSigningSecret();
  const sealed = sealChannel(ports, before, { url: openChannel(ports, before).url, secret });
  const channel = await ports.channels.change(projectId, id, { sealed });
  if (!channel) throw noChannel();
  await record(ports, { actor, action: 'renew-channel-secret', channel });
  return { channel, secret };
}

export async function deleteChannel(ports: Ports, { projectId, id, actor }: Named): Promise<void> {
  const channel = await existing(ports, { projectId, id });
  await ports.channels.delete(projectId, id);
  await record(ports, { actor, action: 'delete-channel', channel });
}

type TestPorts = Parameters<typeof deliver>[0] & ProjectPorts & RepositoryPorts;

const TEST_LEASE_MS = 60_000;

/** Sends one message at once, so that a person sees whether the channel works. */
export async function testChannel(
  ports: TestPorts,
  { projectId, id }: Pick<Named, 'projectId' | 'id'>,
): Promise<Notification> {
  const { kind } = await existing(ports, { projectId, id });
  const project = await ports.projects.get(projectId);
  const repository = project && (await ports.repos.get(project.repoId));
  const notificationId = ports.newId();
  const facts = testFacts(
    { id: projectId, name: project?.name ?? '' },
    repository?.fullName ?? '',
    ports.clock.now(),
  );
  await ports.notifications.add({
    id: notificationId,
    key: notificationId,
    medium: kind,
    event: 'test',
    channelId: id,
    ...{ projectId, facts },
  });
  const claim = await ports.notifications.claimOne(notificationId, {
    owner: notificationId,
    leaseMs: TEST_LEASE_MS,
  });
  // Otherwise a worker was faster, and sends it now.
  if (claim) await deliver(ports, claim);
  const sent = await ports.notifications.get(projectId, notificationId);
  if (sent) return sent;
  throw noChannel();
}

async function existing(
  { channels }: Pick<ChannelPorts, 'channels'>,
  { projectId, id }: { readonly projectId: string; readonly id: string },
): Promise<SealedChannel> {
  const channel = await channels.get(projectId, id);
  if (channel) return channel;
  throw noChannel();
}

function noChannel(): VitrineError {
  return new VitrineError('not_found', 'There is no such channel.');
}

async function record(
  { audit }: AuditPorts,
  { actor, action, channel }: { readonly actor: string; readonly action: string; readonly channel: Channel },
): Promise<void> {
  const detail = `${channel.kind} "${channel.name}" at ${channel.host}`;
  await audit.record({ actor, action, subject: channel.id, detail });
}
