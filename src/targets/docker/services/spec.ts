import { hashBytes } from '../../../shared/hash.js';
import type { ServiceSettings } from '../../../shared/services.js';
import type { Release } from '../../target.js';
import { type ContainerLimits, RESTART } from '../container-spec.js';
import type { ContainerSpec, HealthCheck, HostConfig, Labels, NetworkSpec } from '../engine.js';
import { environmentName, LABEL, labelsOfTarget, type Owner } from '../resource.js';
import { DATABASE_KINDS, keyOf, setOf } from './kinds.js';

/** On everything that belongs to the databases of an environment. No generation is: they outlive the one that they were made for. */
export const SERVICE_LABEL = {
  /** Of a container and a volume: which database it is, as `db=postgres:16`. */
  key: 'vitrine.database',
  /** Of a network, and of the program of a preview: which databases it reaches. */
  set: 'vitrine.databases',
  /** Of a container: the databases of the network that it was made in. The engine does not start it without that. */
  home: 'vitrine.database-home',
  /** What it was made for. */
  since: 'vitrine.database-since',
  deployment: 'vitrine.database-deployment',
  /** Not the label of programs: a database keeps the image of nobody else. */
  image: 'vitrine.database-image',
  keepImage: 'vitrine.database-keep-image',
} as const;

export const DATABASE_ROLE = 'database';

type MadeFor = Pick<Release, 'slug' | 'generation' | 'deploymentId'>;

/** By which everything of the databases of an environment is found. */
export function labelsOfDatabases(owner: Owner, { slug }: Pick<Release, 'slug'>): Labels {
  return { ...labelsOfTarget(owner), [LABEL.role]: DATABASE_ROLE, [LABEL.environment]: slug };
}

export function labelsOfNew(owner: Owner, madeFor: MadeFor): Labels {
  return {
    ...labelsOfDatabases(owner, madeFor),
    [SERVICE_LABEL.since]: String(madeFor.generation),
    [SERVICE_LABEL.deployment]: madeFor.deploymentId,
  };
}

/** A point cannot be in the name of an environment: no name of a program is like it. */
export function databaseName(
  owner: Owner,
  { slug }: Pick<Release, 'slug'>,
  service: ServiceSettings,
): string {
  const { name, kind, version } = service;
  return `${environmentName(owner.server, slug)}.${owner.target}.${name}.${kind}-${version}`;
}

export function databaseNetworkName(
  owner: Owner,
  { slug, services }: Pick<Release, 'slug' | 'services'>,
): string {
  const set = hashBytes(Buffer.from(setOf(services))).slice(0, 8);
  return `${environmentName(owner.server, slug)}.${owner.target}.databases-${set}`;
}

interface NetworkInput {
  readonly name: string;
  readonly labels: Labels;
  readonly subnet: string;
}

/** Programs and databases talk in it, and nothing leads out of it. */
export function databaseNetwork({ name, labels, subnet }: NetworkInput): NetworkSpec {
  return {
    Name: name,
    Driver: 'bridge',
    Internal: true,
    Labels: labels,
    IPAM: { Config: [{ Subnet: subnet }] },
    Options: { 'com.docker.network.bridge.enable_icc': 'true' },
  };
}

export interface DatabaseInput {
  readonly service: ServiceSettings;
  /** Its container and its volume have it. */
  readonly name: string;
  readonly network: string;
  readonly reference: string;
  readonly password: string;
  readonly labels: Labels;
  readonly limits: Pick<ContainerLimits, 'memoryBytes' | 'cpus'>;
  /** Of the engine. */
  readonly version: string;
}

/** A database as the engine is asked to run it. docs/databases.md lists the limits. */
export function databaseSpec(input: DatabaseInput): ContainerSpec {
  const { service, name, network, reference, password, labels, version } = input;
  const kind = DATABASE_KINDS[service.kind];
  const command = kind.command?.(password);
  return {
    name,
    body: {
      Image: reference,
      ...(command && { Cmd: command }),
      Env: Object.entries(kind.env(password)).map(([variable, value]) => `${variable}=${value}`),
      Labels: { ...labels, [SERVICE_LABEL.key]: keyOf(service), [SERVICE_LABEL.image]: reference },
      ExposedPorts: {},
      HostConfig: hostConfig(input),
      Healthcheck: healthCheck(kind.health, version),
      NetworkingConfig: { EndpointsConfig: { [network]: { Aliases: [service.name] } } },
    },
  };
}

/** Enough for the official images to give their data to their own user, and to become that user. */
const CAPABILITIES = ['CHOWN', 'SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER'];

const MOST_CPUS = 1;

function hostConfig({ service, name, network, labels, limits }: DatabaseInput): HostConfig {
  const { memoryBytes, folder } = DATABASE_KINDS[service.kind];
  const memory = Math.min(memoryBytes, limits.memoryBytes);
  return {
    NetworkMode: network,
    PortBindings: {},
    Memory: memory,
    MemorySwap: memory,
    NanoCpus: Math.round(Math.min(MOST_CPUS, limits.cpus) * 1e9),
    PidsLimit: 256,
    CapDrop: ['ALL'],
    CapAdd: CAPABILITIES,
    SecurityOpt: ['no-new-privileges:true'],
    // The images write to several folders of their own.
    ReadonlyRootfs: false,
    Tmpfs: {},
    Binds: [],
    Mounts: [{ Type: 'volume', Source: name, Target: folder, VolumeOptions: { Labels: labels } }],
    Privileged: false,
    Init: true,
    RestartPolicy: RESTART,
    Ulimits: [{ Name: 'nofile', Soft: 4_096, Hard: 4_096 }],
    LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
  };
}

const SECOND = 1e9;

/** Older engines ask as seldom at the start as later. */
const KNOWS_START_INTERVAL = 25;

function healthCheck(command: readonly string[], version: string): HealthCheck {
  const asksSoon = Number(version.split('.')[0]) >= KNOWS_START_INTERVAL;
  return {
    Test: ['CMD', ...command],
    Interval: (asksSoon ? 30 : 5) * SECOND,
    Timeout: 5 * SECOND,
    Retries: 5,
    StartPeriod: 120 * SECOND,
    StartInterval: SECOND,
  };
}
