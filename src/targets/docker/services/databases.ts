import { randomBytes } from 'node:crypto';
import { isVitrineError, VitrineError } from '../../../shared/errors.js';
import { createRedactor } from '../../../shared/redact/redact.js';
import type { ServiceSettings } from '../../../shared/services.js';
import type { Release, Run, StartedContainer } from '../../target.js';
import type { EngineContainer, ListedContainer } from '../engine.js';
import { type KindParts, ownerOf } from '../kind.js';
import { ensureNetwork, ensureSubnet, isShared, removeNetwork } from '../network.js';
import { ensureDatabaseImage } from './image.js';
import { findDatabases, generationsBegun, isEmpty, programsOf, those } from './find.js';
import { type DatabaseAccess, DATABASE_KINDS, keyOf, serviceIn, setOf, variablesFor } from './kinds.js';
import { removeDatabases, settleDatabases } from './settle.js';
import {
  databaseName,
  databaseNetwork,
  databaseNetworkName,
  databaseSpec,
  labelsOfDatabases,
  labelsOfNew,
  SERVICE_LABEL,
} from './spec.js';
import { removedMeanwhile, startDatabase, waitUntilHealthy } from './wait.js';

/** What a program gets. */
interface Ready {
  readonly databases: readonly DatabaseAccess[];
  readonly containers: readonly StartedContainer[];
}

type Work<Result> = (run: Run, databases: readonly StartedContainer[]) => Promise<Result>;

/**
 * Does the work of a deployment beside its databases, with their variables. They are kept for the deployments after it. When it fails,
 * what no program uses is removed.
 */
export async function withDatabases<Result>(
  parts: KindParts,
  { release, run }: { readonly release: Release; readonly run: Run },
  work: Work<Result>,
): Promise<Result> {
  if (release.services.length === 0) return work(run, []);
  const { engine, server, networkRange: range } = parts;
  try {
    // First of all: it tells other processes that a program comes which uses the databases.
    const shared = await isShared(parts);
    await ensureNetwork(engine, { ...ownerOf(parts), range, place: release, shared });
    const { databases, containers } = await ensureDatabases(parts, release, run);
    return await work(withVariables(run, databases), containers);
  } catch (error) {
    await removeNetwork(parts, { server, place: release })
      .then(() => settleDatabases(parts, release))
      // The first failure is what people must read; the sweep removes what is left by a second one.
      .catch(() => undefined);
    throw error;
  }
}

/** Variables and secrets of people come before what is made up here, and no password reaches a log. */
export function withVariables(run: Run, databases: readonly DatabaseAccess[]): Run {
  const { redact } = createRedactor(databases.map(({ password }) => password));
  return {
    ...run,
    variables: { ...variablesFor(databases), ...run.variables },
    log: (line) => run.log(redact(line)),
  };
}

async function ensureDatabases(parts: KindParts, release: Release, run: Run): Promise<Ready> {
  await removeUnusable(parts, release, run);
  const network = await ensureDatabaseNetwork(parts, release);
  const made: { readonly service: ServiceSettings; readonly container: EngineContainer }[] = [];
  for (const service of release.services)
    made.push({ service, container: await ensureDatabase(parts, { release, service, network }, run) });
  const databases = made.map(({ service, container }) => accessTo(service, container));
  // Before anything is started that could print one.
  await run.conceal?.(databases.map(({ password }) => password));
  for (const { service, container } of made) {
    await parts.engine.connectNetwork(network, { container: container.id, aliases: [service.name] });
    await startDatabase(parts.engine, container.id);
  }
  for (const { service, container } of made)
    await waitFor(parts, { service, container }, withVariables(run, databases));
  const containers = made.map(({ service, container }) => ({
    ...{ id: container.id, service: service.name, host: null, port: null },
    image: container.labels[SERVICE_LABEL.image] ?? '',
  }));
  return { databases, containers };
}

/** What an earlier deployment left over without its program begins anew: nobody knows how far it came. */
async function removeUnusable(parts: KindParts, release: Release, { log }: Run): Promise<void> {
  const programs = await programsOf(parts, release);
  const begun = await generationsBegun(parts, { slug: release.slug, programs });
  if (Math.max(0, ...begun) > release.generation)
    throw new VitrineError('stale_head', 'This deployment was overtaken: a newer one has begun already.');
  if (programs.length > 0) return;
  const found = await findDatabases(parts, release);
  const unusable = those(found, (labels) => labels[SERVICE_LABEL.deployment] !== release.deploymentId);
  if (isEmpty(unusable)) return;
  log('Removing the databases of an earlier deployment that did not succeed.');
  await removeDatabases(parts, unusable);
}

async function ensureDatabaseNetwork(parts: KindParts, release: Release): Promise<string> {
  const name = databaseNetworkName(ownerOf(parts), release);
  const labels = {
    ...labelsOfNew(ownerOf(parts), release),
    [SERVICE_LABEL.set]: setOf(release.services),
  };
  const known = labelsOfDatabases(ownerOf(parts), release);
  return ensureSubnet(parts.engine, {
    range: parts.networkRange,
    labels: { ...known, [SERVICE_LABEL.set]: setOf(release.services) },
    specOf: (subnet) => databaseNetwork({ name, labels, subnet }),
  });
}

interface Wanted {
  readonly release: Release;
  readonly service: ServiceSettings;
  readonly network: string;
}

/** Another process may be first, or a removal takes image or network away at this moment. */
const TRIES = 5;

/** The container of a database, made when it is not there. It is not started. */
async function ensureDatabase(parts: KindParts, wanted: Wanted, run: Run): Promise<EngineContainer> {
  for (let tries = 1; ; tries += 1) {
    const { service, release } = wanted;
    const found = await findDatabase(parts, { slug: release.slug, service });
    if (found) return found;
    try {
      await createDatabase(parts, wanted, run);
    } catch (error) {
      const passes = isVitrineError(error) && (error.code === 'conflict' || error.code === 'not_found');
      if (!passes || tries === TRIES) throw error;
    }
  }
}

export async function findDatabase(
  parts: KindParts,
  { slug, service }: Pick<Release, 'slug'> & Pick<Wanted, 'service'>,
): Promise<EngineContainer | null> {
  const labels = { ...labelsOfDatabases(ownerOf(parts), { slug }), [SERVICE_LABEL.key]: keyOf(service) };
  const [found] = await parts.engine.containers(labels);
  return found ? parts.engine.container(found.id) : null;
}

async function createDatabase(parts: KindParts, { release, service, network }: Wanted, run: Run) {
  const { engine, limits } = parts;
  const { reference, keep } = await ensureDatabaseImage(parts, service, run);
  const owner = ownerOf(parts);
  const name = databaseName(owner, release, service);
  const labels = {
    ...labelsOfNew(owner, release),
    [SERVICE_LABEL.key]: keyOf(service),
    [SERVICE_LABEL.home]: setOf(release.services),
    ...(keep && { [SERVICE_LABEL.keepImage]: 'true' }),
  };
  const volume = await engine.createVolume({ name, labels });
  if (volume.labels[SERVICE_LABEL.key] !== keyOf(service))
    throw new VitrineError(
      'unprocessable',
      `The container engine has a volume ${name} that this server did not make: its operator must rename it.`,
    );
  const { cpus, version } = await engine.describe();
  await engine.createContainer(
    databaseSpec({
      ...{ service, name, network, reference, labels, version },
      // Hexadecimal: it is the same in a URL, and no program takes it for an option.
      password: randomBytes(24).toString('hex'),
      limits: { ...limits, cpus: Math.min(limits.cpus, cpus) },
    }),
  );
  run.log(`Made the database ${titleOf(service)}.`);
  await tellVersion(parts, { release, service, network }, run);
}

async function tellVersion({ engine, ...parts }: KindParts, { release, service }: Wanted, { log }: Run) {
  const all = await engine.containers(labelsOfDatabases(ownerOf(parts), release));
  const keys = all.flatMap(({ labels }) => labels[SERVICE_LABEL.key] ?? []);
  const older = keys.find((key) => key !== keyOf(service) && serviceIn(key)?.name === service.name);
  const { name, kind, version } = service;
  if (older !== undefined)
    log(
      `The database ${name} is ${kind}:${version} now, and begins empty. The older one (${older}) is removed once no deployment uses it.`,
    );
}

export function titleOf({ name, kind, version }: ServiceSettings): string {
  return `${name} (${kind}:${version})`;
}

/** The password is kept where the database has it, and nowhere else. */
export function accessTo(service: ServiceSettings, { env }: Pick<EngineContainer, 'env'>): DatabaseAccess {
  const password = env[DATABASE_KINDS[service.kind].passwordIn];
  if (password === undefined)
    throw new VitrineError(
      'conflict',
      `The container of the database ${titleOf(service)} was changed: remove it by hand.`,
    );
  return { ...service, password };
}

/** Pulling is over by then: this is the time that it needs to set itself up. */
const PATIENCE_MS = 3 * 60_000;

export function waitFor(
  { engine, patienceMs = PATIENCE_MS }: Pick<KindParts, 'engine' | 'patienceMs'>,
  {
    service,
    container,
  }: { readonly service: ServiceSettings; readonly container: Pick<EngineContainer, 'id'> },
  run: Run,
): Promise<void> {
  const waiting = { container: container.id, title: titleOf(service), patienceMs };
  return waitUntilHealthy(engine, waiting, run).then(() =>
    run.log(`The database ${titleOf(service)} is ready.`),
  );
}

/** Lets a program that was made reach the databases of its release. One that cannot is removed: it would never work. */
export async function joinDatabases(
  parts: KindParts,
  release: Pick<Release, 'slug' | 'services'>,
  program: Pick<ListedContainer, 'id'>,
): Promise<void> {
  if (release.services.length === 0) return;
  const network = databaseNetworkName(ownerOf(parts), release);
  try {
    await parts.engine.connectNetwork(network, { container: program.id, aliases: [] });
  } catch (error) {
    await parts.engine.removeContainer(program.id);
    if (!isVitrineError(error) || error.code !== 'not_found') throw error;
    const titles = release.services.map(titleOf).join(', ');
    throw new VitrineError('unavailable', removedMeanwhile(titles), { cause: error });
  }
}

/** What a program carries, so that its databases are known when its release is forgotten. */
export function labelsOfUser({ services }: Pick<Release, 'services'>): Readonly<Record<string, string>> {
  return services.length === 0 ? {} : { [SERVICE_LABEL.set]: setOf(services) };
}
