import { isVitrineError, VitrineError } from '../../shared/errors.js';
import type { Release } from '../target.js';
import type { ContainerEngine, EngineNetwork, Labels, NetworkSpec } from './engine.js';
import { hasLabels, LABEL, labelsOfPlace, labelsOfTarget, networkName, type Owner } from './resource.js';

/** 14 addresses: a program, its database, and the one beside it while it is replaced. */
const BITS = 28;

interface Wanted extends Owner {
  /** What subnets are cut from, as 10.213.0.0/16. */
  readonly range: string;
  readonly place: Pick<Release, 'slug' | 'generation'>;
  /** The container of this server is in it too. */
  readonly shared?: boolean;
}

/** So many subnets may be taken by others between a look and a try. */
const TRIES = 20;

/**
 * The network of one generation of an environment, made when it is not there. Each has a subnet of its own: the pools of the engine give
 * only 31 networks, and the engine lets no packet pass from one to another.
 */
export function ensureNetwork(engine: ContainerEngine, wanted: Wanted): Promise<string> {
  const { server, target, range, place, shared = false } = wanted;
  const labels = labelsOfPlace(server, place);
  return ensureSubnet(engine, {
    ...{ range, labels },
    specOf: (subnet) => ({
      Name: networkName(server, place),
      Driver: 'bridge',
      Labels: { ...labelsOfTarget({ server, target }), ...labels },
      IPAM: { Config: [{ Subnet: subnet }] },
      // Off: two deployments of one environment have nothing to say to each other. The server has, where it is a container too.
      Options: { 'com.docker.network.bridge.enable_icc': String(shared) },
    }),
  });
}

interface Subnet {
  readonly range: string;
  /** By which the network is found. */
  readonly labels: Labels;
  readonly specOf: (subnet: string) => NetworkSpec;
}

/** The name of the network with these labels, which is made in a free subnet when it is not there. */
export async function ensureSubnet(
  engine: ContainerEngine,
  { range, labels, specOf }: Subnet,
): Promise<string> {
  const refused: string[] = [];
  for (let tries = 0; tries < TRIES; tries += 1) {
    const networks = await engine.networks();
    const own = networks.find((network) => hasLabels(network.labels, labels));
    if (own) return own.name;
    const subnet = freeSubnet(range, [...networks.flatMap(({ subnets }) => subnets), ...refused]);
    if (subnet === null)
      throw new VitrineError(
        'unavailable',
        `Every subnet of ${range} is taken: the operator of this server must widen CONTAINER_NETWORK, or remove previews.`,
      );
    const spec = specOf(subnet);
    const made = await engine.createNetwork(spec).catch((error: unknown) => {
      if (isVitrineError(error) && error.code === 'conflict') return null;
      throw error;
    });
    if (made !== null) return spec.Name;
    refused.push(subnet);
  }
  throw new VitrineError('unavailable', 'No network could be made for this preview: try again.');
}

/** How this server gets into the networks of previews. */
export interface NetworkParts {
  readonly engine: ContainerEngine;
  /** Its own container; null, or absent, where it needs to be in none. */
  readonly serverContainer?: (() => Promise<string | null>) | undefined;
}

/** Whether the server has to be in the networks of previews. */
export async function isShared({ serverContainer }: Pick<NetworkParts, 'serverContainer'>): Promise<boolean> {
  return ((await serverContainer?.()) ?? null) !== null;
}

interface Joined {
  /** The address of this server, and the name that it gave the network. */
  readonly server: string;
  readonly name: string;
}

/** Lets the server into the network of a preview. False where it need not be in it. */
export async function joinNetwork(parts: NetworkParts, { server, name }: Joined): Promise<boolean> {
  const container = (await parts.serverContainer?.()) ?? null;
  if (container === null) return false;
  const networks = await parts.engine.networks();
  const own = networks.filter((one) => one.name === name && one.labels[LABEL.server] === server);
  for (const { id } of own) await parts.engine.connectNetwork(id, { container, aliases: [] });
  return own.length > 0;
}

/** A network is removed when nobody is in it. */
export async function leaveNetworks(
  { engine, serverContainer }: NetworkParts,
  networks: readonly Pick<EngineNetwork, 'id'>[],
): Promise<void> {
  const container = (await serverContainer?.()) ?? null;
  if (container === null) return;
  for (const { id } of networks) await engine.disconnectNetwork(id, container);
}

/** Removes the network when no container of this server needs it, also not one that sleeps. */
export async function removeNetwork(
  parts: NetworkParts,
  { server, place }: Pick<Wanted, 'server' | 'place'>,
): Promise<void> {
  const { engine } = parts;
  const labels = labelsOfPlace(server, place);
  if ((await engine.containers(labels)).length > 0) return;
  const own = (await engine.networks()).filter((network) => hasLabels(network.labels, labels));
  await leaveNetworks(parts, own);
  for (const { id } of own) await engine.removeNetwork(id);
}

/** The first subnet of the range that overlaps none of those; null when there is none. */
export function freeSubnet(range: string, taken: readonly string[]): string | null {
  const whole = blockOf(range);
  if (whole === null) return null;
  const used = taken.flatMap((one) => blockOf(one) ?? []);
  const size = 2 ** (32 - BITS);
  for (let start = whole.start; start + size <= whole.end; start += size) {
    const inTheWay = used.find((block) => block.start < start + size && start < block.end);
    if (!inTheWay) return `${addressOf(start)}/${BITS}`;
    // On from the last multiple before its end.
    start = Math.max(start, Math.ceil(inTheWay.end / size) * size - size);
  }
  return null;
}

/** How many subnets of the range overlap none of those. */
export function countFreeSubnets(range: string, taken: readonly string[]): number {
  const whole = blockOf(range);
  if (whole === null) return 0;
  const size = 2 ** (32 - BITS);
  const used = new Set<number>();
  for (const { start, end } of taken.flatMap((one) => blockOf(one) ?? []))
    for (let at = Math.max(start - (start % size), whole.start); at < Math.min(end, whole.end); at += size)
      used.add(at);
  return (whole.end - whole.start) / size - used.size;
}

interface Block {
  readonly start: number;
  readonly end: number;
}

/** Null for IPv6 and for what is no range. */
function blockOf(range: string): Block | null {
  const [, address = '', bits] = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(range) ?? [];
  if (bits === undefined) return null;
  const size = 2 ** (32 - Number(bits));
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const start = Math.floor(number / size) * size;
  return { start, end: start + size };
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
