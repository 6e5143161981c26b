import { VitrineError } from '../../shared/errors.js';
import type { ProgramSettings } from '../target.js';
import type { ContainerSpec, EngineImage, HostConfig, Labels, RestartPolicy } from './engine.js';
import { LABEL } from './resource.js';

/** What the operator allows. */
export interface ContainerLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
  /** Ports of this machine, as 30000-39999; null where this server reaches containers in their networks. */
  readonly hostPorts: string | null;
}

export interface ContainerOptions {
  /** The root file system of the container can be written to. */
  readonly writable: boolean;
  /** The program may run as root, where the image says so. */
  readonly root: boolean;
}

/** What an image says of itself. */
type Facts = Pick<EngineImage, 'exposedPorts' | 'user'>;

export interface SpecInput {
  readonly name: string;
  readonly network: string;
  readonly reference: string;
  readonly image: Facts;
  readonly program: ProgramSettings;
  readonly options: ContainerOptions;
  readonly labels: Labels;
  readonly limits: ContainerLimits;
  /** Which port of the machine leads to a port of the container; any free one of the range where it is not said. */
  readonly hostPorts?: ReadonlyMap<number, number>;
  /** Variables and secrets of the preview. */
  readonly env: Readonly<Record<string, string>>;
}

/** For images that run as root: it owns nothing, and has no name in any image. */
export const PREVIEW_USER = '65532:65532';

/** Started again when it crashes, so that one bad request does not end a preview, and left alone when that does not help. */
export const RESTART: RestartPolicy = { Name: 'on-failure', MaximumRetryCount: 3 };
/** What was stopped by this server stays so, also when the engine is started again. */
export const ASLEEP: RestartPolicy = { Name: 'no', MaximumRetryCount: 0 };

/** What the engine is asked to run. docs/docker-target.md lists the limits. */
export function containerSpec(input: SpecInput): ContainerSpec {
  const { name, reference, image, program, options, labels, limits, env } = input;
  const user = userFor(image, options);
  const ports = portsOf(image, program);
  const given = {
    ...(user !== null && { HOME: '/tmp' }),
    ...env,
    PORT: String(ports[0]),
  };
  return {
    name,
    body: {
      Image: reference,
      ...(program.start !== null && { Cmd: wordsOf(program.start) }),
      ...(user !== null && { User: user }),
      Env: Object.entries(given).map(([key, value]) => `${key}=${value}`),
      Labels: { ...labels, ...(limits.hostPorts === null && { [LABEL.ports]: ports.join(',') }) },
      ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
      HostConfig: hostConfig(input, ports),
    },
  };
}

type Idle = Pick<SpecInput, 'name' | 'reference' | 'labels' | 'image' | 'program' | 'limits'>;

/** A container that is never started: files are put into it, and an image is made of it. */
export function idleSpec({ name, reference, labels, ...given }: Idle): ContainerSpec {
  const input = { ...given, name, reference, labels, network: 'none', env: {} };
  const HostConfig = hostConfig({ ...input, options: { writable: true, root: true } }, []);
  // An image without a command is refused.
  const body = { Image: reference, Cmd: ['true'], Env: [], Labels: labels, ExposedPorts: {}, HostConfig };
  return { name, body };
}

function hostConfig(
  { network, image, program, options, limits, hostPorts: own }: SpecInput,
  ports: readonly number[],
): HostConfig {
  const memory = Math.min(program.memoryBytes, limits.memoryBytes);
  const { hostPorts } = limits;
  const bindings =
    hostPorts === null
      ? []
      : ports.map((port) => {
          const HostPort = String(own?.get(port) ?? hostPorts);
          return [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort }]] as const;
        });
  return {
    NetworkMode: network,
    PortBindings: Object.fromEntries(bindings),
    Memory: memory,
    // The same as memory: no swap.
    MemorySwap: memory,
    NanoCpus: Math.round(Math.min(program.cpus, limits.cpus) * 1e9),
    PidsLimit: 256,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: !options.writable,
    Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,size=67108864,mode=1777${ownerOf(image, options)}` },
    Binds: [],
    Privileged: false,
    Init: true,
    RestartPolicy: RESTART,
    Ulimits: [{ Name: 'nofile', Soft: 1_024, Hard: 1_024 }],
    // The default of the engine, json-file, grows without an end.
    LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
  };
}

/**
 * An image without /tmp gets one that only root may write to, when its container is started again: the engine takes the mode from the
 * directory that it made at the first start. So it belongs to the program, where its user is a number.
 */
function ownerOf(image: Facts, options: ContainerOptions): string {
  const ids = userIdsOf(image, options);
  return ids === null ? '' : `,uid=${ids.uid},gid=${ids.gid}`;
}

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Whom the program runs as; null where its image names a user that is no number. */
export function userIdsOf(image: Pick<EngineImage, 'user'>, options: ContainerOptions): UserIds | null {
  const [, uid, gid = uid] = /^(\d+)(?::(\d+))?$/.exec(userFor(image, options) ?? image.user) ?? [];
  return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

/** Null to keep the user of the image. */
export function userFor({ user }: Pick<EngineImage, 'user'>, { root }: ContainerOptions): string | null {
  const isRoot = /^(?:|0|root)(?::.*)?$/.test(user);
  return isRoot && !root ? PREVIEW_USER : null;
}

/** Asked when neither the settings nor the image say where the program listens. */
const USUAL_PORTS = [3_000, 8_080];
/** More are not worth a port of the machine each. */
const MOST_PORTS = 4;

/** The ports of the container that may be the right one; the first is what the program is told. */
export function portsOf(
  { exposedPorts }: Pick<EngineImage, 'exposedPorts'>,
  { port }: Pick<ProgramSettings, 'port'>,
): readonly number[] {
  if (port !== null) return [port];
  const exposed = exposedPorts.flatMap((name) => {
    const number = Number(/^(\d+)(?:\/tcp)?$/.exec(name)?.[1]);
    return Number.isSafeInteger(number) ? [number] : [];
  });
  return exposed.length > 0 ? exposed.sort((a, b) => a - b).slice(0, MOST_PORTS) : USUAL_PORTS;
}

const WORD = /\s*((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+)/gy;
const PART = /\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"|([^\s'"\\]+)/gs;

/** What a command line is, and where it is in the settings. */
const START = { what: 'The start command', setting: 'start' };

/** A command line as its words: the engine starts the program itself, without a shell. */
export function wordsOf(line: string, { what, setting }: typeof START = START): readonly string[] {
  const words: string[] = [];
  let end = 0;
  for (const found of line.matchAll(WORD)) {
    words.push(unquoted(found[1] ?? ''));
    end = found.index + found[0].length;
  }
  if (words.length === 0 || line.slice(end).trim() !== '')
    throw new VitrineError(
      'unprocessable',
      `${what} cannot be read: a quote is not closed, or it is empty. Correct "${setting}" in the settings.`,
    );
  return words;
}

function unquoted(word: string): string {
  return word.replace(PART, (_all, escaped?: string, single?: string, double?: string, plain?: string) =>
    double === undefined ? (escaped ?? single ?? plain ?? '') : double.replace(/\\(["\\$`])/g, '$1'),
  );
}
