import { join, resolve } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { LogSession } from '../../src/deployments/logs/append.js';
import type { LogChunk, LogKind, LogRedaction, LogStore } from '../../src/deployments/logs/store.js';
import type { Projection } from '../../src/environments/model.js';
import type { EnvironmentStore, EnvironmentWrite, StoredEnvironment } from '../../src/environments/store.js';
import { createRights } from '../../src/repositories/rights.js';
import type { ProgramStart } from '../../src/runs/start-program.js';
import type { RedactionPorts } from '../../src/secrets/redact-lines.js';
import { createPictureAddresses } from '../../src/screenshots/picture-address.js';
import { createSeal } from '../../src/secrets/envelope.js';
import { parseKeys } from '../../src/secrets/keys.js';
import { type PreviewBase, previewUrl } from '../../src/shared/preview-url.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import { createTargets } from '../../src/targets/registry.js';
import type { BlobStore } from '../../src/uploads/store.js';
import { createDiskBlobStore } from '../blobs/disk-store.js';
import { createUploads } from '../blobs/uploads.js';
import type { Config } from '../config/config.js';
import { projectRoot } from '../config/project-root.js';
import type { Secrets } from '../config/secrets.js';
import { createGitHub, createViews, type GitHubSide } from '../github/create-github.js';
import type { Ports, Stores } from '../ports.js';
import { createBuilds } from '../runners/builds.js';
import { createProcessRunner } from '../runners/process/process-runner.js';
import { createUploadSessions } from '../registry/sessions.js';
import { newId } from '../store/shared/write.js';
import { composeCompose, composeDocker } from './containers.js';
import { createCommandRecords, createHosting } from './hosting.js';
import { composeOutgoing } from './outgoing.js';
import type { Around, Overrides } from './overrides.js';
import { composePeople } from './people.js';
import { createRedaction } from './redaction.js';
import { composeScreenshots, createOtherBlobs } from './screenshots.js';

interface Composition {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly stores: Stores;
  readonly publicUrl: string;
  readonly previewBase: PreviewBase;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly wake: Wake;
  readonly overrides: Overrides;
}

interface Composed {
  readonly ports: Ports;
  readonly github: GitHubSide;
}

/** Creates the production implementation of every port. */
export function composePorts(given: Composition): Composed {
  const { config, clock, log, publicUrl, previewBase, overrides } = given;
  const { stores } = given;
  const environments = wakingEnvironments(stores.environments, given.wake);
  const disk = createDiskBlobStore({ dir: join(config.dataDir, 'blobs'), now: () => clock.now() });
  const blobs = around(disk, overrides.around?.blobs);
  const otherBlobs = createOtherBlobs(stores);
  const github = connectGitHub(given);
  const people = composePeople(given);
  const keys = parseKeys(given.secrets.encryptionKeys ?? '');
  const seal = createSeal(keys);
  const redactionOf = createRedaction({ delivered: stores.delivered, seal });
  const ports: Ports = {
    ...stores,
    environments,
    logs: wakingLogs(stores.logs, (chunk) => given.wake.logged('logs', chunk)),
    runtimeLogs: wakingLogs(stores.runtimeLogs, (chunk) => given.wake.logged('runtimeLogs', chunk)),
    logSessions: new LRUCache<string, LogSession>({ max: REMEMBERED }),
    programStarts: new LRUCache<string, ProgramStart>({ max: REMEMBERED }),
    ...around(redactLinesBy(redactionOf), overrides.around?.redaction),
    blobs,
    otherBlobs,
    uploads: createUploads({ blobs, otherBlobs, artifacts: stores.artifacts, clock }),
    imageUploads: createUploadSessions({ dir: join(config.dataDir, 'image-uploads'), clock }),
    github: github.github,
    ...people,
    seal,
    rights: createRights({ ...stores, ...people, github: github.github, seal, clock, log, newId }),
    reporter: around(github.reporter, overrides.around?.reporter),
    ...composeTargets(given, { environments, blobs }),
    redactionOf,
    ...composeOutgoing(given),
    pictureAddresses: createPictureAddresses({ keys, publicUrl }),
    screenshotTools: composeScreenshots({ ...given, seal }),
    clock,
    log,
    newId,
    previewBase,
    publicUrl,
  };
  return { ports, github };
}

interface TargetStores {
  readonly environments: EnvironmentStore;
  readonly blobs: BlobStore;
}

function composeTargets(given: Composition, { environments, blobs }: TargetStores) {
  const registry = createTargets({
    hosting: createHosting({ ...given.stores, environments }),
    records: createCommandRecords({ environments }),
    docker: composeDocker(given),
    compose: composeCompose(given),
    node: composeNode(given, blobs),
    // No target needs credentials yet.
    credentials: {},
  });
  return { ...registry, targets: around(registry.targets, given.overrides.around?.targets) };
}

type NodeServers = NonNullable<Parameters<typeof createTargets>[0]['node']>;

/** Where the files of Node servers come from, and what runs them on this machine, where the operator wants that. */
function composeNode({ config, stores, previewBase }: Composition, blobs: BlobStore): NodeServers {
  const supervisor = join(projectRoot(), 'build/app/runners/process/supervisor.js');
  const isProcess = config.nodeRunner === 'process';
  return {
    builds: createBuilds({ artifacts: stores.artifacts, blobs }),
    baseImage: config.containers.nodeImage,
    urlOf: (slug) => previewUrl({ label: slug, base: previewBase }),
    runner: isProcess ? createProcessRunner({ dataDir: resolve(config.dataDir), supervisor }) : null,
  };
}

/** Takes the secrets of a deployment out of the lines that are appended to its logs. */
function redactLinesBy(redactionOf: RedactionPorts['redactionOf']): LogRedaction {
  return {
    async redactLines({ id }, lines) {
      const texts = (await redactionOf(id)).lines(lines.map(({ text }) => text));
      return lines.map((line, index) => ({ ...line, text: texts[index] ?? '' }));
    },
  };
}

function around<Part>(part: Part, wrap: Around<Part> | undefined): Part {
  return wrap ? wrap(part) : part;
}

function connectGitHub({ config, secrets, version, clock, log, overrides }: Composition): GitHubSide {
  return createGitHub({
    auth: { appId: secrets.appId, privateKey: secrets.privateKey },
    apiUrl: config.githubApiUrl,
    userAgent: `vitrine/${version}`,
    log,
    clock,
    views: createViews(),
    ...(overrides.pace ? { pace: overrides.pace } : {}),
  });
}

export interface Wake {
  readonly due: (projection: Projection, environmentId: string) => void;
  readonly changed: (environment: StoredEnvironment) => void;
  readonly logged: (kind: LogKind, chunk: LogChunk) => void;
}

/** How many environments that were just saved are remembered until their report. */
const REMEMBERED = 1_000;

/** Wakes the workers of this process after a write; other processes see it at their next poll. */
function wakingEnvironments(store: EnvironmentStore, wake: Wake): EnvironmentStore {
  const aloneAt = new LRUCache<string, string>({ max: REMEMBERED });
  const saved = (environment: StoredEnvironment, { due, alone }: EnvironmentWrite): StoredEnvironment => {
    if (alone === true) aloneAt.set(environment.id, stateOf(environment));
    wake.changed(environment);
    for (const projection of due) wake.due(projection, environment.id);
    return environment;
  };
  return {
    ...store,
    async ensure(fresh, write) {
      const environment = await store.ensure(fresh, write);
      return write && environment.id === fresh.id ? saved(environment, write) : environment;
    },
    async change(seen, write) {
      const changed = await store.change(seen, write);
      return changed && saved(changed, write);
    },
    async claim(projection, by) {
      const claim = await store.claim(projection, by);
      if (!claim) return null;
      const { environment } = claim;
      const isAlone = aloneAt.get(environment.id) === stateOf(environment);
      aloneAt.delete(environment.id);
      return isAlone ? { ...claim, alone: true } : claim;
    },
    async markDue(id, projection) {
      await store.markDue(id, projection);
      wake.due(projection, id);
    },
  };
}

/** What this process stores reaches the readers that follow it at once. */
function wakingLogs(store: LogStore, logged: (chunk: LogChunk) => void): LogStore {
  return {
    ...store,
    async append(batch) {
      const appended = await store.append(batch);
      if (appended.chunk) logged(appended.chunk);
      return appended;
    },
  };
}

/** Differs after every change, and after every time that a report became due without one: the deployment may have changed. */
function stateOf({ version, due }: StoredEnvironment): string {
  return `${version} ${due.report.wanted}`;
}

/** Previews use the protocol and port of the App, on another domain. */
export function previewBaseOf({ publicUrl, domain }: { publicUrl: string; domain: string }): PreviewBase {
  const { protocol, port } = new URL(publicUrl);
  return {
    protocol: protocol === 'https:' ? 'https' : 'http',
    domain,
    ...(port !== '' && { port: Number(port) }),
  };
}
