import type { UserIds } from '../docker/container-spec.js';
import { LABEL } from '../docker/resource.js';
import type { Address } from './address.js';
import type { ComposeModel, Healthcheck, Mount, ServiceModel, Tmpfs } from './model.js';
import type { Share } from './share-limits.js';

/** How one service runs. */
export interface ServiceRun {
  /** In place of what the file names; it is in the engine already. */
  readonly image: string;
  /** Undefined: the user of the image. */
  readonly user: string | undefined;
  /** Whom it runs as; null where that is a name, or root. */
  readonly ids: UserIds | null;
  /** Variables that the file may set otherwise. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Besides those of the project. */
  readonly labels: Readonly<Record<string, string>>;
  readonly share: Share;
}

/** Where a preview runs, and how it is told from others. */
export interface Placement {
  /** The name of the Compose project: unique for one deployment. */
  readonly project: string;
  /** On every container, network and volume: they are found and removed by it. */
  readonly labels: Readonly<Record<string, string>>;
  /** The range of addresses of its network. */
  readonly subnet: string;
  /** Of this machine, from which the engine takes a free one; null where this server reaches services in their network. */
  readonly hostPorts: string | null;
  /** Which of them leads to a service; any free one where it is not said. */
  readonly ports?: ReadonlyMap<string, number>;
  /** What visitors reach: only these ports are published. */
  readonly addresses: readonly Address[];
  readonly services: ReadonlyMap<string, ServiceRun>;
  /** Root file systems can be written to. */
  readonly writable: boolean;
  /** Programs may start as root, prepare their folders and become another user, as images of databases do. */
  readonly root: boolean;
}

/** A compose file as JSON. Compose would interpolate it again, so every text is escaped. */
export type ComposeJson = { readonly [key: string]: unknown };

/** The name of the service, on its container. */
export const SERVICE_LABEL = 'vitrine.service';

const MOST_TMPFS = 64 * 1024 ** 2;

/** To prepare its folders and to become another user; nothing that reaches beyond the container. */
const START_AS_ROOT = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'NET_BIND_SERVICE', 'SETGID', 'SETUID'];

/** The file that `docker compose` gets: made of the model alone, with names, labels, limits, network and ports of the server. */
export function rewriteCompose(model: ComposeModel, placement: Placement): ComposeJson {
  const { project, labels, subnet } = placement;
  const volumes = volumesOf(model);
  const file = {
    name: project,
    services: mapToObject(
      [...model.services].map(([name, service]) => [name, serviceJson(model, { name, service, placement })]),
    ),
    networks: { default: { name: project, driver: 'bridge', labels, ipam: { config: [{ subnet }] } } },
    ...(volumes.length > 0 && {
      volumes: mapToObject(volumes.map((name) => [name, { name: `${project}_${name}`, labels }])),
    }),
  };
  return escaped(file) as ComposeJson;
}

/** Own keys, whatever they are called. */
function mapToObject(entries: readonly (readonly [string, unknown])[]): ComposeJson {
  return Object.fromEntries(entries);
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('$', '$$$$');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return mapToObject(
    Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
      inner === undefined ? [] : [[key, escaped(inner)] as const],
    ),
  );
}

interface Rewritten {
  readonly name: string;
  readonly service: ServiceModel;
  readonly placement: Placement;
}

function serviceJson(model: ComposeModel, { name, service, placement }: Rewritten): ComposeJson {
  const { labels, services, addresses, hostPorts, writable, root } = placement;
  const published = placement.ports?.get(name) ?? hostPorts;
  const run = services.get(name);
  if (!run) throw new Error(`Nothing says how the service ${name} runs.`);
  const port = addresses.find((one) => one.service === name)?.port;
  const ports = [...new Set([...service.ports, ...(port === undefined ? [] : [port])])];
  return {
    image: run.image,
    // The server has pulled it with its own login.
    pull_policy: 'never',
    command: service.command,
    entrypoint: service.entrypoint,
    environment: environmentOf(service, {
      ...run.defaults,
      ...(port !== undefined && { PORT: String(port) }),
    }),
    expose: ports.length > 0 ? ports.map(String) : undefined,
    ports: port === undefined || published === null ? undefined : [publishedAt(port, String(published))],
    depends_on: dependenciesOf(model, service),
    healthcheck: healthcheckJson(service.healthcheck),
    working_dir: service.workingDir,
    user: run.user,
    stop_signal: service.stopSignal,
    stop_grace_period: duration(service.stopGraceMs),
    volumes: service.mounts.length > 0 ? service.mounts.map((mount) => mountJson(mount, name)) : undefined,
    labels: {
      ...labels,
      ...run.labels,
      [SERVICE_LABEL]: name,
      ...(port !== undefined && hostPorts === null && { [LABEL.ports]: String(port) }),
    },
    networks: { default: null },
    read_only: !writable,
    tmpfs: tmpfsJson(service, run.ids),
    ...limitsOf(run.share),
    ...HARDENING,
    cap_add: root ? START_AS_ROOT : undefined,
  };
}

const HARDENING = {
  init: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  ulimits: { nofile: { soft: 1024, hard: 1024 } },
  restart: 'on-failure:3',
  logging: { driver: 'local', options: { 'max-size': '10m', 'max-file': '3' } },
};

function limitsOf({ memoryBytes, cpus, pids }: Share): ComposeJson {
  return { mem_limit: memoryBytes, memswap_limit: memoryBytes, cpus, pids_limit: pids };
}

function environmentOf(
  { environment }: ServiceModel,
  defaults: Readonly<Record<string, string>>,
): ComposeJson | undefined {
  const all = [...Object.entries(defaults), ...environment];
  return all.length > 0 ? mapToObject(all) : undefined;
}

/** On this machine's own address only: visitors come through the server. */
function publishedAt(port: number, hostPorts: string): ComposeJson {
  return { mode: 'ingress', host_ip: '127.0.0.1', target: port, published: hostPorts, protocol: 'tcp' };
}

function dependenciesOf({ services }: ComposeModel, { dependsOn }: ServiceModel): ComposeJson | undefined {
  const there = dependsOn.filter(({ service }) => services.has(service));
  if (there.length === 0) return undefined;
  return mapToObject(
    there.map(({ service, condition, restart }) => [service, { condition, restart, required: true }]),
  );
}

function healthcheckJson(check: Healthcheck | undefined): ComposeJson | undefined {
  if (check === undefined) return undefined;
  if (check.disable) return { disable: true };
  return {
    test: check.test,
    interval: duration(check.intervalMs),
    timeout: duration(check.timeoutMs),
    retries: check.retries,
    start_period: duration(check.startPeriodMs),
    start_interval: duration(check.startIntervalMs),
  };
}

function duration(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${String(ms)}ms`;
}

/** Volumes without a name get one: what has no name has no label, and would be left behind. */
function volumesOf({ services, volumes }: ComposeModel): string[] {
  const unnamed = [...services].flatMap(([name, { mounts }]) =>
    mounts.filter(({ volume }) => volume === null).map((mount) => volumeOf(mount, name)),
  );
  return [...volumes, ...unnamed];
}

function volumeOf({ volume, target }: Mount, service: string): string {
  return volume ?? `unnamed.${service}${target.replace(/[^\w.-]+/g, '.').replace(/\.+$/, '')}`;
}

function mountJson(mount: Mount, service: string): ComposeJson {
  return {
    type: 'volume',
    source: volumeOf(mount, service),
    target: mount.target,
    read_only: mount.readOnly,
  };
}

/** Every program has a place for temporary files, unless the file mounts something there. */
function tmpfsJson({ tmpfs, mounts }: ServiceModel, ids: UserIds | null): string[] {
  const taken = [...tmpfs.map(({ path }) => path), ...mounts.map(({ target }) => target)].map(withoutSlash);
  const own = taken.includes('/tmp') ? [] : [{ path: '/tmp', bytes: undefined }];
  return [...own, ...tmpfs].map((one) => tmpfsOption(one, ids));
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}

/** It belongs to the program: where the image does not have the folder, the engine forgets the mode when it starts the container again. */
function tmpfsOption({ path, bytes = MOST_TMPFS }: Tmpfs, ids: UserIds | null): string {
  const owner = ids === null ? '' : `,uid=${String(ids.uid)},gid=${String(ids.gid)}`;
  return `${path}:size=${String(Math.min(bytes, MOST_TMPFS))},mode=1777,noexec,nosuid,nodev${owner}`;
}
