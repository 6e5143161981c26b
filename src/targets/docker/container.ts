import { setTimeout as pause } from 'node:timers/promises';
import { isVitrineError, VitrineError } from '../../shared/errors.js';
import { hashBytes } from '../../shared/hash.js';
import { healthOf } from '../../shared/health.js';
import type { Run } from '../target.js';
import { containerSpec, portsOf } from './container-spec.js';
import type { EngineImage } from './engine.js';
import { leadsTo, takeHostPort } from './host-ports.js';
import { type KindParts, ownerOf, type Wanted } from './kind.js';
import { ensureNetwork, isShared } from './network.js';
import { forgetPulls } from './pull-record.js';
import {
  containerName,
  handleOfContainer,
  isApp,
  LABEL,
  labelsOfContainer,
  labelsOfDeployment,
} from './resource.js';
import { labelsOfUser } from './services/databases.js';

/** The container of a deployment, made when it is not there. It is not started. */
export async function ensureContainer(parts: KindParts, wanted: Wanted, run: Run) {
  const found = await findContainer(parts, wanted);
  if (found) return found;
  for (let tries = 1; ; tries += 1) {
    try {
      return await createContainer(parts, wanted, run);
    } catch (error) {
      // Another process was first, or a removal took image or network away at this moment.
      const passes = isVitrineError(error) && (error.code === 'conflict' || error.code === 'not_found');
      if (!passes || tries === TRIES) throw error;
      const theirs =
        error.code === 'conflict' ? await whenListed(parts, wanted) : await findContainer(parts, wanted);
      if (theirs) return theirs;
    }
  }
}

const TRIES = 3;
const LOOKS = { every: 250, most: 40 };

/** The engine keeps the name of a container from before it lists it, which takes seconds on a slow disk. */
async function whenListed(parts: KindParts, wanted: Wanted) {
  for (let looks = 1; ; looks += 1) {
    const found = await findContainer(parts, wanted);
    if (found || looks === LOOKS.most) return found;
    await pause(LOOKS.every);
  }
}

async function findContainer(parts: KindParts, wanted: Wanted) {
  const { engine } = parts;
  const all = await engine.containers(labelsOfDeployment(ownerOf(parts), wanted.release));
  const found = all.find(isApp);
  if (!found) return null;
  const version = found.labels[LABEL.version] ?? null;
  if (version === null || version === versionOf(wanted)) return started(handleOfContainer(found));
  // A later attempt of the workflow brought something else for the same deployment.
  await engine.removeContainer(found.id);
  return null;
}

/** Names what is started, and how. The login of a registry may be another one each time. */
function versionOf({ release, options }: Wanted): string {
  const { image, artifact, program } = release;
  const source = image?.kind === 'external' ? image.reference : image;
  return hashBytes(Buffer.from(JSON.stringify([source, artifact, program, options]))).slice(0, 16);
}

function started(handle: ReturnType<typeof handleOfContainer>) {
  const { container = null, image = null } = handle ?? {};
  if (!handle || container === null || image === null)
    throw new VitrineError(
      'conflict',
      'The labels of the container of this preview were changed: remove it by hand.',
    );
  return { ...handle, container, image };
}

async function createContainer(parts: KindParts, wanted: Wanted, run: Run) {
  const { engine, server, kind, limits, networkRange: range } = parts;
  const { release, options } = wanted;
  const { reference, image, keep, start } = await kind.prepareImage(wanted, run);
  const { slug, generation, deploymentId, program } = release;
  const labels = labelsOfContainer(ownerOf(parts), {
    ...{ slug, generation, deploymentId, image: reference, keepImage: keep },
    ...{ version: versionOf(wanted), health: healthOf(program), destroyed: release.hooks.destroyed },
    more: labelsOfUser(release),
  });
  tellLimits(parts, { release, options, image }, run);
  const shared = await isShared(parts);
  const network = await ensureNetwork(engine, { ...ownerOf(parts), range, place: release, shared });
  const hostPorts = new Map<number, number>();
  for (const port of portsOf(image, program)) {
    const use = { labels: labelsOfDeployment(ownerOf(parts), release), leadsTo: leadsTo(`${port}/tcp`) };
    const own = await takeHostPort(parts, use);
    if (own !== null) hostPorts.set(port, own);
  }
  const spec = containerSpec({
    ...{ network, reference, image, options, labels, hostPorts },
    program: { ...program, start },
    name: containerName(server, release),
    limits: { ...limits, cpus: Math.min(limits.cpus, (await engine.describe()).cpus) },
    env: { ...run.variables, ...run.secrets },
  });
  const id = await engine.createContainer(spec);
  // The container says so itself now.
  await forgetPulls(engine, labelsOfDeployment(ownerOf(parts), release));
  return started(handleOfContainer({ id, labels }));
}

interface Told extends Wanted {
  readonly image: EngineImage;
}

/** What the program does not get as it was asked for, and what was loosened for it. */
function tellLimits({ limits }: KindParts, { release, options, image }: Told, { log }: Run): void {
  const { program } = release;
  if (program.memoryBytes > limits.memoryBytes)
    log(`Memory is limited to ${Math.round(limits.memoryBytes / 1024 ** 2)} MiB on this server.`);
  if (program.cpus > limits.cpus) log(`Processors are limited to ${limits.cpus} on this server.`);
  if (options.root) log('The program may run as root in its container: the option "root" says so.');
  if (options.writable) log('The program may write to its image: the option "writable" says so.');
  const ports = portsOf(image, program);
  if (ports.length > 1)
    log(`The settings do not name the port: asking ${ports.join(' and ')}. Set "port" to be sure.`);
}
