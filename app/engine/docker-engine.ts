import { z } from 'zod';
import type {
  ContainerEngine,
  EngineContainer,
  EngineNetwork,
  EngineVolume,
} from '../../src/targets/docker/engine.js';
import type { EngineAddress } from './address.js';
import { filterOf, isDone, LabelsOf, unlessGone, unlessSaid, unlessUsed } from './answers.js';
import { bytesOf, connectEngine, type EngineConnection } from './connection.js';
import { imagesOf } from './images.js';
import type { MayPullFrom } from './pull-image.js';
import { readLines } from './log-frames.js';
import { originIn } from './origin.js';
import { rebindContainer } from './rebind.js';

interface EngineRules {
  /** From everywhere unless given. */
  readonly mayPullFrom?: MayPullFrom;
}

/** A container engine that speaks the API of Docker: https://docs.docker.com/reference/api/engine/ */
export function createDockerEngine(
  address: EngineAddress,
  { mayPullFrom = async () => true }: EngineRules = {},
): ContainerEngine {
  const connection = connectEngine(address);
  return {
    ...imagesOf(connection, mayPullFrom),
    ...networks(connection),
    ...containers(connection),
    ...contents(connection),
    async describe() {
      const about = Info.parse(await connection.read({ method: 'GET', path: '/info' }));
      return { version: about.ServerVersion, cpus: about.NCPU, memoryBytes: about.MemTotal };
    },
  };
}

const Info = z.object({ ServerVersion: z.string(), NCPU: z.number(), MemTotal: z.number() });

function networks(
  connection: EngineConnection,
): Pick<
  ContainerEngine,
  'networks' | 'createNetwork' | 'removeNetwork' | 'connectNetwork' | 'disconnectNetwork'
> {
  return {
    async networks() {
      const all = await connection.read({ method: 'GET', path: '/networks' });
      return z.array(Network).parse(all).map(networkOf);
    },
    async createNetwork(spec) {
      const made = await connection.read({ method: 'POST', path: '/networks/create', body: spec });
      return Made.parse(made).Id;
    },
    async removeNetwork(id) {
      const path = `/networks/${encodeURIComponent(id)}`;
      return isDone(unlessUsed(connection.send({ method: 'DELETE', path })));
    },
    async connectNetwork(id, { container, aliases }) {
      const path = `/networks/${encodeURIComponent(id)}/connect`;
      // Its way to the internet stays the one that it had. Engines before version 1.48 of the API choose by the name.
      const body = { Container: container, EndpointConfig: { Aliases: aliases, GwPriority: -1 } };
      await unlessSaid(connection.send({ method: 'POST', path, body }), /already exists in network/);
    },
    async disconnectNetwork(id, container) {
      const path = `/networks/${encodeURIComponent(id)}/disconnect`;
      const body = { Container: container, Force: true };
      await unlessGone(unlessSaid(connection.send({ method: 'POST', path, body }), /is not connected to/));
    },
  };
}

const Network = z.object({
  Id: z.string(),
  Name: z.string(),
  Labels: LabelsOf,
  IPAM: z.object({ Config: z.array(z.object({ Subnet: z.string().nullish() })).nullish() }).nullish(),
});

function networkOf({ Id, Name, Labels: labels, IPAM }: z.infer<typeof Network>): EngineNetwork {
  const subnets = (IPAM?.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
  return { id: Id, name: Name, labels, subnets };
}

const Made = z.object({ Id: z.string() });

type Lives = Pick<
  ContainerEngine,
  | 'containers'
  | 'container'
  | 'originOf'
  | 'createContainer'
  | 'rebindContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'setRestartPolicy'
  | 'removeContainer'
>;

function containers(connection: EngineConnection): Lives {
  const post = async (
    id: string,
    verb: string,
    more: { query?: Record<string, string>; body?: unknown } = {},
  ) => {
    const path = `/containers/${encodeURIComponent(id)}/${verb}`;
    (await connection.send({ method: 'POST', path, patienceMs: START_MS, ...more })).resume();
  };
  const described = (id: string) => {
    const path = `/containers/${encodeURIComponent(id)}/json`;
    return unlessGone(connection.read({ method: 'GET', path }));
  };
  return {
    async containers(labels) {
      const query = { all: 'true', filters: filterOf(labels) };
      const all = await connection.read({ method: 'GET', path: '/containers/json', query });
      return z
        .array(Listed)
        .parse(all)
        .map(({ Id, Labels: found }) => ({ id: Id, labels: found }));
    },
    async container(id) {
      const found = await described(id);
      return found === null ? null : containerOf(Container.parse(found));
    },
    async originOf(id) {
      const found = await described(id);
      return found === null ? null : originIn(found);
    },
    async createContainer({ name, body }) {
      const query = { name };
      const made = await connection.read({ method: 'POST', path: '/containers/create', query, body });
      return Made.parse(made).Id;
    },
    rebindContainer: (id, hostPorts) => rebindContainer(connection, id, hostPorts),
    startContainer: (id) => post(id, 'start'),
    stopContainer: (id, seconds) => post(id, 'stop', { query: { t: String(seconds) } }),
    setRestartPolicy: (id, policy) => post(id, 'update', { body: { RestartPolicy: policy } }),
    async removeContainer(id) {
      const path = `/containers/${encodeURIComponent(id)}`;
      const query = { force: 'true', v: 'true' };
      const removal = connection.send({ method: 'DELETE', path, query, patienceMs: START_MS });
      // Another removal of the same container is under way: it is as good as gone.
      await isDone(unlessUsed(removal));
    },
  };
}

/** Starting waits for the machine, stopping for the program. */
const START_MS = 120_000;

const Listed = z.object({ Id: z.string(), Labels: LabelsOf });

/** The time of a container that was never started. */
const NEVER = '0001-01-01T00:00:00Z';

const Container = z.object({
  Id: z.string(),
  State: z.object({
    Running: z.boolean(),
    StartedAt: z.string().default(NEVER),
    Restarting: z.boolean().default(false),
    ExitCode: z.number().default(0),
    OOMKilled: z.boolean().default(false),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({ Labels: LabelsOf, Env: z.array(z.string()).nullish() }),
  HostConfig: z.object({
    RestartPolicy: z.object({ Name: z.string() }),
    NetworkMode: z.string().default(''),
    PortBindings: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()).nullish(),
  }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() })).nullish(),
    Ports: z
      .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullable())
      .nullish(),
  }),
});

function containerOf({
  Id,
  State,
  Config,
  HostConfig,
  NetworkSettings,
}: z.infer<typeof Container>): EngineContainer {
  const ports = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([name, bound]) => {
    const [first] = bound ?? [];
    return first ? [[name, { host: first.HostIp, port: Number(first.HostPort) }] as const] : [];
  });
  return {
    id: Id,
    labels: Config.Labels,
    running: State.Running && !State.Restarting,
    started: State.StartedAt !== NEVER,
    restarting: State.Restarting,
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    restart: HostConfig.RestartPolicy.Name,
    health: State.Health?.Status ?? null,
    env: Object.fromEntries((Config.Env ?? []).map(pairOf)),
    ports: Object.fromEntries(ports),
    asksFor: Object.fromEntries(
      Object.entries(HostConfig.PortBindings ?? {}).map(([name, bound]) => [
        name,
        bound?.[0]?.HostPort ?? '',
      ]),
    ),
    // An empty text while it does not run.
    address: NetworkSettings.Networks?.[HostConfig.NetworkMode]?.IPAddress || null,
  };
}

function pairOf(line: string): readonly [name: string, value: string] {
  const end = line.indexOf('=');
  return [line.slice(0, end), line.slice(end + 1)];
}

type Contents = Pick<
  ContainerEngine,
  'logs' | 'putArchive' | 'hasFile' | 'volumes' | 'createVolume' | 'removeVolume'
>;

function contents(connection: EngineConnection): Contents {
  return {
    async *logs(id, { since, tail, follow = false, signal }) {
      const query = {
        ...{ stdout: 'true', stderr: 'true', timestamps: 'true', follow: String(follow) },
        ...(since && { since: (since.getTime() / 1_000).toFixed(3) }),
        ...(tail !== undefined && { tail: String(tail) }),
      };
      const path = `/containers/${encodeURIComponent(id)}/logs`;
      const response = await connection.send({ method: 'GET', path, query, signal });
      const framed = isFramed(response.headers['content-type']);
      yield* readLines(bytesOf(response, signal), { framed });
    },
    async putArchive(id, { path: folder, tar, signal }) {
      const content = { type: 'application/x-tar', bytes: tar };
      const asked = { method: 'PUT', ...archiveAt(id, folder), content, patienceMs: START_MS } as const;
      (await connection.send({ ...asked, ...(signal && { signal }) })).resume();
    },
    async hasFile(id, path) {
      const found = await unlessGone(connection.send({ method: 'HEAD', ...archiveAt(id, path) }));
      found?.resume();
      return found !== null;
    },
    async volumes(labels) {
      const query = { filters: filterOf(labels) };
      const found = await connection.read({ method: 'GET', path: '/volumes', query });
      const all = z.object({ Volumes: z.array(Volume).nullable() }).parse(found).Volumes ?? [];
      return all.map(volumeOf);
    },
    async createVolume({ name: Name, labels: Labels }) {
      const body = { Name, Labels };
      const made = await connection.read({ method: 'POST', path: '/volumes/create', body });
      return volumeOf(Volume.parse(made));
    },
    async removeVolume(name) {
      const path = `/volumes/${encodeURIComponent(name)}`;
      await isDone(unlessGone(connection.send({ method: 'DELETE', path })));
    },
  };
}

function archiveAt(id: string, path: string) {
  return { path: `/containers/${encodeURIComponent(id)}/archive`, query: { path } };
}

/** Engines before version 1.42 of the API name neither kind, and send frames: no container of ours has a terminal. */
function isFramed(type: string | undefined): boolean {
  return type !== 'application/vnd.docker.raw-stream';
}

const Volume = z.object({ Name: z.string(), Labels: LabelsOf });

function volumeOf({ Name: name, Labels: labels }: z.infer<typeof Volume>): EngineVolume {
  return { name, labels };
}
