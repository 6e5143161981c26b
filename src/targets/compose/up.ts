import { setTimeout as pause } from 'node:timers/promises';
import { VitrineError } from '../../shared/errors.js';
import { createRedactor } from '../../shared/redact/redact.js';
import type { DockerParts } from '../docker/pulled-image.js';
import type { ContainerEngine, EngineContainer } from '../docker/engine.js';
import { freeHostPort, leadsTo, moveToOtherPorts, takeHostPort } from '../docker/host-ports.js';
import { freeSubnet } from '../docker/network.js';
import { forgetPulls } from '../docker/pull-record.js';
import { endOf } from '../docker/start.js';
import type { Release, Run } from '../target.js';
import type { Address } from './address.js';
import { containersOf, serviceOf } from './answering.js';
import { type CheckedRelease, checkRelease, prepareServices, type Wanted } from './prepare.js';
import {
  addressesIn,
  type ComposeHandle,
  imagesIn,
  labelsOfDeployment,
  labelsOfProject,
  projectName,
} from './resource.js';
import { type Placement, rewriteCompose, SERVICE_LABEL } from './rewrite.js';
import type { ComposeEnd, ComposeRunner } from './runner.js';

export type { Wanted } from './prepare.js';

type Parts = DockerParts & { readonly compose: ComposeRunner };

/** Databases take their time the first time. */
const PATIENCE_MS = 5 * 60_000;

/** So many subnets may be taken by others between a look and a try. */
const TRIES = 10;

/** Checks the file, pulls what it runs, and has Compose start it. Throws `unprocessable` when it will not start. */
export async function bringUp(parts: Parts, wanted: Wanted, run: Run): Promise<ComposeHandle> {
  const checked = checkRelease(parts, wanted, run);
  const { release, options } = wanted;
  tellLoosened(options, run);
  const { addresses } = checked;
  const labels = labelsOfProject(parts.server, { ...release, addresses });
  const services = await prepareServices(parts, { checked, wanted, labels }, run);
  const placement = {
    project: projectName(parts.server, release),
    labels,
    hostPorts: parts.limits.hostPorts,
    addresses,
    services,
    writable: options.writable,
    root: options.root,
  };
  await upOnFreeSubnet(parts, { checked, placement, release }, run);
  // Containers say so themselves now.
  await forgetPulls(parts.engine, labelsOfDeployment(parts.server, release));
  const { slug, generation, deploymentId } = release;
  const { project } = placement;
  const images = imagesIn([...services.values()].map(({ labels }) => labels));
  const [first, ...others] = addresses;
  return { slug, generation, deploymentId, project, ...first, addresses: others, images };
}

function tellLoosened({ root, writable }: Wanted['options'], { log }: Run): void {
  if (root) log('Programs may start as root in their containers: the option "root" says so.');
  if (writable) log('Programs may write to their images: the option "writable" says so.');
}

interface Placed {
  readonly checked: CheckedRelease;
  readonly placement: Omit<Placement, 'subnet'>;
  readonly release: Release;
}

/** Another preview, or another program of the machine, has the subnet or port. */
const TAKEN = /overlaps|port is already allocated|already in use/i;
/** Another server makes the same. What it makes is waited for: with another port or subnet it would be replaced. */
const MADE_BESIDE = /is already in use by container|network with name \S+ already exists/i;
const BESIDE_MS = 500;

async function upOnFreeSubnet(
  parts: Parts,
  { checked, placement, release }: Placed,
  run: Run,
): Promise<void> {
  const refused: string[] = [];
  let before: ReadonlyMap<string, number> = new Map();
  for (let tries = 1; ; tries += 1) {
    const ports = await takePorts(parts, { placement, before });
    const subnet = await subnetFor(parts, { placed: release, refused });
    const file = rewriteCompose(checked.model, { ...placement, subnet, ports });
    const end = await parts.compose.up({ project: placement.project, file, patienceMs: PATIENCE_MS }, run);
    if (end.ok) return;
    const said = end.lines.join('\n');
    const isMadeBeside = MADE_BESIDE.test(said);
    if (tries === TRIES || !(isMadeBeside || TAKEN.test(said)))
      throw await whyNotStarted(parts, { placed: release, lines: end.lines }, run);
    before = isMadeBeside ? new Map() : ports;
    if (isMadeBeside) await pause(BESIDE_MS);
    else refused.push(subnet);
  }
}

interface Ports {
  readonly placement: Pick<Placement, 'addresses' | 'labels'>;
  /** Those of the last try, one of which another program of the machine may have. */
  readonly before: ReadonlyMap<string, number>;
}

/** One of this machine for each service that visitors reach. */
async function takePorts(parts: Parts, { placement, before }: Ports): Promise<ReadonlyMap<string, number>> {
  const { addresses, labels } = placement;
  const ports = new Map<string, number>();
  for (const { service, port: inside } of addresses) {
    const refused = before.get(service);
    const use = { labels, leadsTo: leadsTo(`${String(inside)}/tcp`, service), refused };
    const port = await takeHostPort(parts, use);
    if (port !== null) ports.set(service, port);
    if (refused !== undefined) await freeHostPort(parts.engine, { labels, port: refused });
  }
  return ports;
}

interface SubnetFor {
  readonly placed: Pick<Release, 'slug' | 'generation' | 'deploymentId'>;
  readonly refused: readonly string[];
}

/** That of the network which is there already, or a free one: the pools of the engine give only 31 networks. */
async function subnetFor(
  { engine, server, networkRange }: Parts,
  { placed, refused }: SubnetFor,
): Promise<string> {
  const networks = await engine.networks();
  const own = labelsOfDeployment(server, placed);
  const there = networks.find(({ labels }) =>
    Object.entries(own).every(([name, value]) => labels[name] === value),
  );
  const [subnet = freeSubnet(networkRange, [...networks.flatMap(({ subnets }) => subnets), ...refused])] =
    there?.subnets ?? [];
  if (subnet !== null) return subnet;
  throw new VitrineError(
    'unavailable',
    `Every subnet of ${networkRange} is taken: the operator of this server must widen CONTAINER_NETWORK, or remove previews.`,
  );
}

/** Starts what sleeps. Another program of the machine may have one of its ports by now: then it gets others. */
export async function startServices(parts: Parts, handle: ComposeHandle, run: Run): Promise<ComposeEnd> {
  const addresses = addressesIn(handle);
  const [first, ...others] = addresses as [Address, ...Address[]];
  const labels = labelsOfProject(parts.server, { ...handle, addresses: [first, ...others] });
  for (let tries = 1; ; tries += 1) {
    const end = await parts.compose.start(handle.project, run);
    if (end.ok || tries === TRIES || !TAKEN.test(end.lines.join('\n'))) return end;
    const containers = await containersOf(parts, handle);
    for (const { service } of addresses) {
      const container = serviceOf(containers, service);
      if (container && !container.running)
        await moveToOtherPorts(parts, { container: container.id, labels, service });
    }
  }
}

interface Failed {
  readonly placed: Pick<Release, 'slug' | 'generation' | 'deploymentId'>;
  /** What Compose said last. */
  readonly lines: readonly string[];
}

/** Shows the last lines of the services that ended, and says how they ended. */
export async function whyNotStarted(
  parts: Parts,
  { placed, lines }: Failed,
  run: Run,
): Promise<VitrineError> {
  run.signal.throwIfAborted();
  const reasons: string[] = [];
  for (const { id, labels } of await parts.engine.containers(labelsOfDeployment(parts.server, placed))) {
    const service = labels[SERVICE_LABEL] ?? '';
    const isNamed = lines.some((line) => line.includes(`-${service}-`));
    const container = await (isNamed ? whenEnded(parts.engine, id) : parts.engine.container(id));
    if (container === null || (!isNamed && (container.running || container.exitCode === 0))) continue;
    await showLastLines(parts.engine, { id, service }, run);
    if (!container.running) reasons.push(`${service}: ${endOf(container)}`);
  }
  if (reasons.length > 0) return new VitrineError('unprocessable', reasons.join(' '));
  const said = withoutProject(lines, placed).slice(-3).join(' ');
  const { redact } = createRedactor(Object.values(run.secrets));
  return new VitrineError(
    'unprocessable',
    `The services did not start: ${redact(said) || 'Compose gave no reason'}. Their last lines are in the log.`,
  );
}

const LOOKS = 20;
const LOOK_EVERY_MS = 100;

/** Compose says that it ended, and the engine may be starting it again at this moment. */
async function whenEnded(engine: ContainerEngine, id: string): Promise<EngineContainer | null> {
  let container = await engine.container(id);
  for (let looks = 1; container?.running === true && looks < LOOKS; looks += 1) {
    await pause(LOOK_EVERY_MS);
    container = await engine.container(id);
  }
  return container;
}

const LAST_LINES = 30;

async function showLastLines(
  engine: ContainerEngine,
  { id, service }: { readonly id: string; readonly service: string },
  { log, signal }: Run,
): Promise<void> {
  const lines: string[] = [];
  for await (const { text } of engine.logs(id, { tail: LAST_LINES, signal })) lines.push(text);
  if (lines.length > 0) log(`The last lines of ${service}:`);
  for (const line of lines) log(`  ${line}`);
}

/** Names of containers are long, and only their service says something to people. */
function withoutProject(lines: readonly string[], { deploymentId }: Failed['placed']): string[] {
  const prefix = new RegExp(`\\S*-${deploymentId}[-_](\\S+?)(?:-1)?(?=[\\s":]|$)`, 'gi');
  return lines.map((line) => line.replace(prefix, '$1').trim());
}
