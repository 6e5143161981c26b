import type { RegistryAuth } from '../target.js';

/** What is written on something in the engine, and by which it is found again. */
export type Labels = Readonly<Record<string, string>>;

/** The machine of the engine. */
export interface EngineFacts {
  readonly version: string;
  readonly cpus: number;
  readonly memoryBytes: number;
}

export interface ImagePull {
  /** A name with a digest or a tag. */
  readonly reference: string;
  readonly auth: EngineAuth | null;
  readonly signal: AbortSignal;
  /** One line for people, now and then. */
  readonly onProgress: (line: string) => void;
}

export interface EngineAuth extends RegistryAuth {
  /** Sent to the registry as it is, so that the engine need not exchange the password. */
  readonly token?: string;
}

export interface EngineImage {
  readonly id: string;
  /** As `3000/tcp`. */
  readonly exposedPorts: readonly string[];
  /** Empty for root. */
  readonly user: string;
  /** As `NAME=value`. */
  readonly env: readonly string[];
  /** In the words of the engine, as `linux` and `amd64`. */
  readonly os: string;
  readonly architecture: string;
}

export interface ListedImage {
  readonly id: string;
  readonly labels: Labels;
}

/** What an image says of the containers that are made of it. All else is as in the container that it is made of. */
export interface ImageConfig {
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
  readonly Labels: Labels;
}

export interface ImageCommit {
  /** The name that it gets, with a tag. An image that has the name already loses it. */
  readonly reference: string;
  readonly config: ImageConfig;
  readonly signal: AbortSignal;
}

export interface EngineNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly subnets: readonly string[];
}

/** The names of the engine's own API: what is sent is what can be read in its documentation. */
export interface NetworkSpec {
  readonly Name: string;
  readonly Driver: 'bridge';
  readonly Labels: Labels;
  readonly IPAM: { readonly Config: readonly [{ readonly Subnet: string }] };
  /** No way out of it. */
  readonly Internal?: boolean;
  readonly Options: Readonly<Record<string, string>>;
}

export interface ListedContainer {
  readonly id: string;
  readonly labels: Labels;
}

export interface EngineContainer extends ListedContainer {
  readonly running: boolean;
  /** At least once, whether it runs now or not. */
  readonly started: boolean;
  /** It ended by itself, and the engine is about to start it again. */
  readonly restarting: boolean;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** What the engine does when it ends by itself. */
  readonly restart: string;
  /** What its health check says: `starting`, `healthy` or `unhealthy`; null where it has none. */
  readonly health: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Where the ports of the container are on the engine's machine: `3000/tcp` to host and port. Empty unless it runs. */
  readonly ports: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** The port of the machine, or the range of ports, that it asks for, by its own; also while it does not run. */
  readonly asksFor: Readonly<Record<string, string>>;
  /** Its own address in the network that it was made for; null unless it runs. */
  readonly address: string | null;
}

export interface RestartPolicy {
  readonly Name: 'no' | 'on-failure';
  readonly MaximumRetryCount: number;
}

/** Times are in nanoseconds. */
export interface HealthCheck {
  readonly Test: readonly string[];
  readonly Interval: number;
  readonly Timeout: number;
  readonly Retries: number;
  /** Misses do not count for so long. */
  readonly StartPeriod: number;
  /** Within that time; engines before version 1.44 of the API take `Interval`. */
  readonly StartInterval: number;
}

/** A named volume in a folder of a container. */
export interface VolumeMount {
  readonly Type: 'volume';
  readonly Source: string;
  readonly Target: string;
  readonly VolumeOptions: { readonly Labels: Labels };
}

export interface HostConfig {
  readonly NetworkMode: string;
  readonly PortBindings: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[]>>;
  readonly Memory: number;
  readonly MemorySwap: number;
  readonly NanoCpus: number;
  readonly PidsLimit: number;
  readonly CapDrop: readonly string[];
  readonly CapAdd?: readonly string[];
  readonly SecurityOpt: readonly string[];
  readonly ReadonlyRootfs: boolean;
  readonly Tmpfs: Readonly<Record<string, string>>;
  readonly Binds: readonly string[];
  readonly Mounts?: readonly VolumeMount[];
  readonly Privileged: boolean;
  readonly Init: boolean;
  readonly RestartPolicy: RestartPolicy;
  readonly Ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
}

export interface ContainerSpec {
  readonly name: string;
  readonly body: {
    readonly Image: string;
    readonly Cmd?: readonly string[];
    readonly User?: string;
    readonly Env: readonly string[];
    readonly Labels: Labels;
    readonly ExposedPorts: Readonly<Record<string, Record<string, never>>>;
    readonly HostConfig: HostConfig;
    readonly Healthcheck?: HealthCheck;
    /** Names of the container in its network. */
    readonly NetworkingConfig?: {
      readonly EndpointsConfig: Readonly<Record<string, { readonly Aliases: readonly string[] }>>;
    };
  };
}

export interface FileArchive {
  /** A folder that is there. */
  readonly path: string;
  readonly tar: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** What a container was made of. */
export interface ContainerOrigin extends Required<
  Pick<ContainerSpec['body'], 'Image' | 'User' | 'Env' | 'HostConfig'>
> {
  /** The names of its networks. */
  readonly networks: readonly string[];
}

export interface EngineVolume {
  readonly name: string;
  readonly labels: Labels;
}

export interface EngineLine {
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

export interface LogQuery {
  /** Lines of this moment and later ones. */
  readonly since?: Date;
  /** The last ones only. */
  readonly tail?: number;
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  readonly signal: AbortSignal;
}

/**
 * What this server asks of a container engine. Every implementation passes test/contracts/engine-contract.ts.
 * Errors: `unavailable` when the engine does not answer, `conflict` when a name, port or subnet is taken, `unprocessable` for what the
 * engine refuses for good, `not_found` where something must be there. What is removed may be gone already.
 */
export interface ContainerEngine {
  describe(): Promise<EngineFacts>;
  pullImage(pull: ImagePull): Promise<void>;
  image(reference: string): Promise<EngineImage | null>;
  /** Those with all of these labels. */
  images(labels: Labels): Promise<readonly ListedImage[]>;
  /** Makes an image of a container with its files. */
  commitContainer(id: string, commit: ImageCommit): Promise<void>;
  /** False when something uses it. */
  removeImage(reference: string): Promise<boolean>;
  /** All of them, also those of others: their subnets are taken. */
  networks(): Promise<readonly EngineNetwork[]>;
  createNetwork(spec: NetworkSpec): Promise<string>;
  /** False when a container uses it. */
  removeNetwork(id: string): Promise<boolean>;
  /** Besides the networks that the container is in. One that is in it already is fine. */
  connectNetwork(id: string, joining: { container: string; aliases: readonly string[] }): Promise<void>;
  /** One that is not in it is fine. */
  disconnectNetwork(id: string, container: string): Promise<void>;
  /** Those with all of these labels, also stopped ones. */
  containers(labels: Labels): Promise<readonly ListedContainer[]>;
  container(id: string): Promise<EngineContainer | null>;
  /** For another container that gets the same. Null when it is not there. */
  originOf(id: string): Promise<ContainerOrigin | null>;
  createContainer(spec: ContainerSpec): Promise<string>;
  /**
   * Puts another container in the place of one that does not run: the same, with its volumes, but for its ports, which lead to these of the
   * machine. Answers its id.
   */
  rebindContainer(id: string, hostPorts: Readonly<Record<string, number>>): Promise<string>;
  /** One that runs already is fine. */
  startContainer(id: string): Promise<void>;
  /** Asks it to end, and ends it after so many seconds. One that has ended is fine. */
  stopContainer(id: string, seconds: number): Promise<void>;
  setRestartPolicy(id: string, policy: RestartPolicy): Promise<void>;
  /** With its anonymous volumes, also while it runs. */
  removeContainer(id: string): Promise<void>;
  logs(id: string, query: LogQuery): AsyncIterable<EngineLine>;
  /** Unpacks a tar archive into a folder of a container. */
  putArchive(id: string, archive: FileArchive): Promise<void>;
  /** Whether a container has a file there; it need not run. */
  hasFile(id: string, path: string): Promise<boolean>;
  volumes(labels: Labels): Promise<readonly EngineVolume[]>;
  /** Answers the volume of this name. One that is there already stays as it is, with its own labels. */
  createVolume(volume: EngineVolume): Promise<EngineVolume>;
  removeVolume(name: string): Promise<void>;
}
