import { VitrineError } from '../../shared/errors.js';
import { healthOf, statusWords } from '../../shared/health.js';
import { serviceLabel } from '../../shared/preview-url.js';
import type { Reach, ServiceAddress } from '../../shared/reach.js';
import { ENVIRONMENT_STATUS } from '../../shared/status/words.js';
import { ASLEEP } from '../docker/container-spec.js';
import type { DockerParts } from '../docker/pulled-image.js';
import type { EngineContainer } from '../docker/engine.js';
import { joinNetwork } from '../docker/network.js';
import { LABEL } from '../docker/resource.js';
import { askContainer, endOf, startAndWait } from '../docker/start.js';
import type { Inspection, Run, StartedContainer } from '../target.js';
import type { Address } from './address.js';
import { addressesIn, type ComposeHandle, labelsOfDeployment } from './resource.js';
import { SERVICE_LABEL } from './rewrite.js';

type Placed = Pick<ComposeHandle, 'slug' | 'generation' | 'deploymentId'>;

export async function containersOf(
  { engine, server }: DockerParts,
  placed: Placed,
): Promise<EngineContainer[]> {
  const listed = await engine.containers(labelsOfDeployment(server, placed));
  const found = await Promise.all(listed.map(({ id }) => engine.container(id)));
  return found.filter((one) => one !== null);
}

export function serviceOf(
  containers: readonly EngineContainer[],
  service: string,
): EngineContainer | undefined {
  return containers.find(({ labels }) => labels[SERVICE_LABEL] === service);
}

const PATIENCE_MS = 2 * 60_000;

type UpstreamReach = Reach & { readonly kind: 'upstream' };

/** Waits until every service that visitors reach answers. */
export async function reachOf(parts: DockerParts, handle: ComposeHandle, run: Run): Promise<UpstreamReach> {
  const containers = await containersOf(parts, handle);
  await joinNetwork(parts, networkOf(parts, handle));
  const all = await Promise.all(
    addressesIn(handle).map((address) => whenAnswering(parts, { containers, handle, address }, run)),
  );
  return reachedAt(all);
}

/** The address of the preview first. */
function reachedAt([first, ...others]: readonly ServiceAddress[]): UpstreamReach {
  if (!first) throw new Error('A preview has one address at least.');
  const { host, port } = first;
  return { kind: 'upstream', host, port, ...(others.length > 0 && { addresses: others }) };
}

/** Compose gives a network the name of its project. */
function networkOf({ server }: DockerParts, { project }: ComposeHandle) {
  return { server, name: project };
}

interface Awaited {
  readonly containers: readonly EngineContainer[];
  readonly handle: ComposeHandle;
  readonly address: Address;
}

async function whenAnswering(
  parts: DockerParts,
  { containers, handle, address }: Awaited,
  run: Run,
): Promise<ServiceAddress> {
  const { service } = address;
  const health = healthOf(address);
  const container = serviceOf(containers, service);
  if (!container)
    throw new VitrineError(
      'unavailable',
      `The container of the service "${service}" was removed while it started.`,
    );
  run.log(
    `Started. Waiting until GET ${health.healthPath} of ${service} answers with ${statusWords(health)}.`,
  );
  const url = urlOfService(parts, { handle, service });
  const patienceMs = parts.patienceMs ?? PATIENCE_MS;
  const { address: place } = await startAndWait(
    parts.engine,
    { container: container.id, ...health, url, patienceMs },
    run,
  );
  run.log(`The service ${service} answers at ${url}`);
  return { service, url, ...place };
}

function urlOfService(
  { urlOf }: Pick<DockerParts, 'urlOf'>,
  { handle, service }: { readonly handle: ComposeHandle; readonly service: string },
): string {
  const { slug, service: main } = handle;
  return urlOf(service === main ? slug : serviceLabel({ service, label: slug }));
}

export async function startedOf(
  parts: DockerParts,
  handle: ComposeHandle,
  { host, port, addresses = [] }: UpstreamReach,
): Promise<StartedContainer[]> {
  const reached = [{ service: handle.service, host, port }, ...addresses];
  const containers = await containersOf(parts, handle);
  return containers.map(({ id, labels }) => {
    const name = labels[SERVICE_LABEL] ?? '';
    const image = labels[LABEL.image] ?? labels[NAMED_IMAGE] ?? '';
    const place = reached.find(({ service }) => service === name);
    return { id, service: name, image, host: place?.host ?? null, port: place?.port ?? null };
  });
}

/** What Compose writes on a container. */
const NAMED_IMAGE = 'com.docker.compose.image';

/** How its services are, the one with the address of the preview first. */
export async function inspect(parts: DockerParts, handle: ComposeHandle, run: Run): Promise<Inspection> {
  run.signal.throwIfAborted();
  const containers = await containersOf(parts, handle);
  const places: ServiceAddress[] = [];
  for (const address of addressesIn(handle)) {
    const found = await inspectService(parts, { containers, handle, address }, run);
    if ('host' in found) {
      places.push(found);
      continue;
    }
    const { service } = address;
    const isMain = service === handle.service || found.detail === null;
    return isMain ? found : { ...found, detail: `${service}: ${found.detail}` };
  }
  return { state: 'live', detail: null, reach: reachedAt(places), health: healthOf(handle) };
}

/** Where it answers, or what is the matter with it. */
async function inspectService(
  parts: DockerParts,
  { containers, handle, address: { service, ...address } }: Awaited,
  run: Run,
): Promise<ServiceAddress | Inspection> {
  const container = serviceOf(containers, service);
  if (!container) return { state: 'gone', detail: `The container of the service "${service}" is gone.` };
  if (container.restarting) return { state: 'unhealthy', detail: 'It ended, and is being started again.' };
  if (!container.running) {
    if (container.restart === ASLEEP.Name) return { state: ENVIRONMENT_STATUS.sleeping, detail: null };
    return { state: 'unhealthy', detail: endOf(container) };
  }
  const url = urlOfService(parts, { handle, service });
  const network = networkOf(parts, handle);
  const found = await askContainer(parts, { container, network, check: healthOf(address), url }, run.signal);
  return typeof found === 'string' ? { state: 'unhealthy', detail: found } : { service, url, ...found };
}
