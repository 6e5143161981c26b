import { VitrineError } from '../../shared/errors.js';
import { hashBytes } from '../../shared/hash.js';
import type { ContainerEngine, Labels } from './engine.js';
import type { ContainerParts } from './kind.js';
import { hasLabels, LABEL, ROLE } from './resource.js';

type Parts = Pick<ContainerParts, 'engine' | 'limits'>;

/** What one port of the machine is for. */
export interface PortUse {
  /** By which everything of its deployment is found. */
  readonly labels: Labels;
  /** What it leads to in the deployment, as `3000/tcp` or `web 3000/tcp`. */
  readonly leadsTo: string;
  /** It was tried, and another program of the machine has it. */
  readonly refused?: number | undefined;
}

/**
 * A port of this machine for one deployment alone, until that is removed: the engine would give a port anew at each start, and visitors of
 * one preview could reach another one until the server has looked again. An empty volume says whose it is, from before its container is
 * made: its name exists once in an engine, however many servers there are, and it outlives all of them and the engine. Null where
 * no ports are published.
 */
export async function takeHostPort({ engine, limits }: Parts, use: PortUse): Promise<number | null> {
  if (limits.hostPorts === null) return null;
  const { labels, leadsTo, refused } = use;
  const own = { ...labels, [LABEL.role]: ROLE.port, [LABEL.leadsTo]: leadsTo };
  const all = await engine.volumes({ [LABEL.role]: ROLE.port });
  const known = all.find((one) => hasLabels(one.labels, own) && portOf(one) !== refused);
  if (known) return portOf(known);
  const taken = new Set(all.map(portOf));
  const place = refused === undefined ? placeOf(own) : Math.random();
  for (const port of portsFrom(limits.hostPorts, place)) {
    if (port === refused || taken.has(port)) continue;
    const name = nameOf(port);
    const made = await engine.createVolume({ name, labels: { ...own, [LABEL.hostPort]: String(port) } });
    // Another server may have been first.
    if (hasLabels(made.labels, own)) return port;
  }
  throw new VitrineError(
    'unavailable',
    `Every port of ${limits.hostPorts} belongs to a preview: the operator of this server must widen CONTAINER_PORTS, or remove previews.`,
  );
}

/** Its containers are gone. */
export async function freeHostPorts(engine: ContainerEngine, labels: Labels): Promise<void> {
  for (const { name } of await engine.volumes({ ...labels, [LABEL.role]: ROLE.port }))
    await engine.removeVolume(name);
}

/** Another program of the machine has it. */
export async function freeHostPort(
  engine: ContainerEngine,
  { labels, port }: Pick<PortUse, 'labels'> & { readonly port: number },
): Promise<void> {
  await freeHostPorts(engine, { ...labels, [LABEL.hostPort]: String(port) });
}

function nameOf(port: number): string {
  return `vitrine-${ROLE.port}-${port}`;
}

function portOf({ labels }: { readonly labels: Labels }): number {
  return Number(labels[LABEL.hostPort]);
}

/** From 0 to 1. Servers that start the same deployment begin at the same port, and another deployment does not take one that was just given back. */
function placeOf(use: Labels): number {
  return Number.parseInt(hashBytes(Buffer.from(JSON.stringify(use))).slice(0, 8), 16) / 2 ** 32;
}

/** All of the range, from this place on. */
function* portsFrom(range: string, place: number): Generator<number> {
  const [first = 0, last = first] = range.split('-').map(Number);
  const size = last - first + 1;
  const start = Math.floor(place * size);
  for (let step = 0; step < size; step += 1) yield first + ((start + step) % size);
}

interface Moved {
  readonly container: string;
  /** By which everything of its deployment is found. */
  readonly labels: Labels;
  /** Where there are several of them. */
  readonly service?: string;
}

/**
 * Gives a container that cannot start other ports, because another program of the machine has one of its own. The engine cannot change the
 * ports of a container, so another one takes its place. Answers its id.
 */
export async function moveToOtherPorts(
  parts: Parts,
  { container: id, labels, service }: Moved,
): Promise<string> {
  const { engine } = parts;
  const seen = await engine.container(id);
  if (!seen) throw new VitrineError('unavailable', 'The container was removed while it started.');
  const before = Object.entries(seen.asksFor).map(([name, port]) => ({ name, port: Number(port) }));
  // Of one that an earlier version of this server made, the engine chooses the port at each start.
  if (before.some(({ port }) => !Number.isInteger(port))) return id;
  const ports: Record<string, number> = {};
  for (const { name, port: refused } of before) {
    const port = await takeHostPort(parts, { labels, leadsTo: leadsTo(name, service), refused });
    if (port !== null) ports[name] = port;
  }
  const moved = await engine.rebindContainer(id, ports);
  for (const { port } of before) await freeHostPort(engine, { labels, port });
  return moved;
}

export function leadsTo(name: string, service?: string): string {
  return service === undefined ? name : `${service} ${name}`;
}
