import semver from 'semver';
import { isVitrineError, messageOf } from '../../../src/shared/errors.js';
import { registryHost } from '../../compose/containers.js';
import { isLoopback } from '../../config/config.js';
import { connectEngine } from '../../engine/connection.js';
import { pullImage } from '../../engine/pull-image.js';
import { type Check, failed, type Finding, good, skipped, warning } from './check.js';
import type { EngineFacts, EngineInfo } from './engine-facts.js';
import type { Surroundings } from './surroundings.js';

/** A check that looks at the engine, where there is one. */
export function ofEngine(
  about: Pick<Check, 'id' | 'title'>,
  look: (engine: EngineFacts, surroundings: Surroundings) => Finding | Promise<Finding>,
): Check {
  return {
    ...about,
    async run(surroundings) {
      const found = await surroundings.engine();
      return found.kind === 'engine' ? look(found, surroundings) : skipped('It needs the container engine.');
    },
  };
}

/** Other machines of the network reach ports on 127.0.0.1: https://github.com/moby/moby/issues/45610 and CVE-2025-54388. */
const OPEN_PORTS = '<28.0.0 || >=28.2.0 <28.3.3';

export const engine: Check = {
  id: 'engine',
  title: 'Container engine',
  async run(surroundings) {
    const found = await surroundings.engine();
    if (found.kind === 'none')
      return skipped(`Previews that need containers are off on this server: ${found.says}.`);
    if (found.kind === 'broken') return failed(found.says, found.todo);
    const { info, apiVersion } = found;
    const system = [info.OperatingSystem, info.Architecture].filter(Boolean).join(', ');
    const about = `Version ${info.ServerVersion}${system === '' ? '' : ` on ${system}`}, version ${apiVersion} of the API.`;
    const version = semver.coerce(info.ServerVersion);
    const isDocker = !(info.SecurityOptions ?? []).includes('name=rootless');
    if (version && isDocker && semver.satisfies(version, OPEN_PORTS))
      return warning(
        `${about} This version lets other machines of your network reach ports that containers publish on 127.0.0.1.`,
        'Update Docker to 28.3.3 or newer.',
      );
    return good(about);
  },
};

const LIMITS = [
  ['MemoryLimit', 'memory'],
  ['PidsLimit', 'processes'],
  ['CpuCfsQuota', 'processors'],
] as const satisfies readonly (readonly [keyof EngineInfo, string])[];

export const engineLimits = ofEngine(
  { id: 'engine-limits', title: 'Limits of containers' },
  ({ info }, { config }) => {
    const missing = LIMITS.flatMap(([name, what]) => (info[name] === false ? [what] : []));
    if (missing.length > 0)
      return failed(
        `The engine cannot limit ${missing.join(', ')}: a preview could take the whole machine.`,
        'Turn the control groups of the kernel on ("cgroup_enable=memory" on the command line of the kernel); rootless Docker needs cgroup v2 with the controllers cpu, memory and pids delegated.',
      );
    const { memoryBytes, cpus } = config.containers;
    const machine = `${gibibytes(info.MemTotal)} and ${processors(info.NCPU)}`;
    const allowed = `${gibibytes(memoryBytes)} and ${processors(cpus)}`;
    if (memoryBytes > info.MemTotal || cpus > info.NCPU)
      return warning(
        `One container may have ${allowed}, and the machine has ${machine}.`,
        'Lower CONTAINER_MEMORY or CONTAINER_CPUS.',
      );
    if (info.SwapLimit === false)
      return warning(
        'Memory, processes and processors are limited, swap is not: a preview can use it up.',
        'Add "swapaccount=1" to the command line of the kernel, or turn swap off.',
      );
    return good(
      `Memory, processes and processors can be limited. One container may have ${allowed} of ${machine}.`,
    );
  },
);

function gibibytes(bytes: number): string {
  return `${Number((bytes / 1024 ** 3).toFixed(1))} GiB`;
}

const processors = (count: number) => `${count} ${count === 1 ? 'processor' : 'processors'}`;

/** Each adds a wall around containers. */
const WALLS = ['apparmor', 'selinux', 'rootless', 'userns'];

export const engineSecurity = ofEngine(
  { id: 'engine-security', title: 'Security of containers' },
  ({ info }) => {
    const options = (info.SecurityOptions ?? []).flatMap((option) => /name=([\w-]+)/.exec(option)?.[1] ?? []);
    const profile = info.SecurityOptions?.find((option) => option.startsWith('name=seccomp'));
    if (!options.includes('seccomp') || /profile=unconfined/.test(profile ?? ''))
      return warning(
        'Containers run without a seccomp filter: a preview may call everything that the kernel offers.',
        'Use a kernel and an engine with seccomp, and remove "seccomp-profile": "unconfined" from the settings of Docker.',
      );
    const walls = WALLS.filter((name) => options.includes(name));
    const more = walls.length > 0 ? `, and ${walls.join(', ')}` : '; there is no AppArmor or SELinux';
    return good(`Containers run with the seccomp filter of the engine${more}.`);
  },
);

export const engineStorage = ofEngine(
  { id: 'engine-storage', title: 'Storage driver' },
  ({ info: { Driver: driver } }) => {
    if (driver === undefined) return skipped('The engine does not say how it stores images.');
    if (driver === 'vfs')
      return warning(
        'The engine copies every layer of an image whole (driver vfs): starts are slow, and the disk fills.',
        'Use the driver overlay2: keep the data of Docker on ext4, xfs or btrfs.',
      );
    if (/^(aufs|devicemapper|overlay)$/.test(driver))
      return warning(
        `The driver ${driver} was removed from newer engines.`,
        'Move to overlay2 before you update.',
      );
    return good(`${driver}.`);
  },
);

/** No image has this name: the engine asks for it, and the registry refuses. */
const NO_IMAGE = 'vitrine/doctor:none';
/** With a token, as for a deployment, the engine asks nobody but the registry. */
const NOBODY = { username: 'vitrine', password: 'doctor', token: 'doctor' };

export const registry = ofEngine(
  { id: 'registry', title: 'Registry, from the engine' },
  async (found, surroundings) => {
    const { config, publicUrl, signal } = surroundings;
    const host = registryHost({ config, publicUrl: publicUrl.origin });
    const name = hostNameOf(host);
    if (isLoopback(name) && !isPlain(host, found.info))
      return failed(
        `The engine would ask ${host} by TLS only, and this server answers there without.`,
        'Add "127.0.0.0/8" to "insecure-registries" in /etc/docker/daemon.json, and reload Docker.',
      );
    if ((await surroundings.server()).kind !== 'server')
      return good(
        `The engine will ask ${host}. Run this again while the server runs to see whether that works.`,
      );
    const pull = { reference: `${host}/${NO_IMAGE}`, auth: NOBODY, signal, onProgress: () => undefined };
    const parts = { connection: connectEngine(found.address), mayPullFrom: async () => true };
    const error = await pullImage(parts, pull).catch((reason: unknown) => reason);
    // The server answered, and refused what nobody may have.
    if (isVitrineError(error) && error.code === 'unprocessable')
      return good(`The engine reaches the registry of this server at ${host}.`);
    return failed(
      `The engine does not get an answer of this server at ${host}: ${messageOf(error).replace(/^The image \S+ could not be pulled: /, '')}`,
      'Set REGISTRY_HOST to a host and port at which the engine reaches this server; without TLS, add it to "insecure-registries" in /etc/docker/daemon.json.',
    );
  },
);

function hostNameOf(host: string): string {
  return new URL(`http://${host}`).hostname;
}

const LOOPBACK_RANGE = /^(127\.|::1)/;

/** Whether the engine takes this registry without TLS. Engines that do not say so are older than the question. */
function isPlain(host: string, { RegistryConfig: known }: EngineInfo): boolean {
  if (!known) return true;
  if (known.IndexConfigs?.[host]?.Secure === false) return true;
  return (known.InsecureRegistryCIDRs ?? []).some((range) => LOOPBACK_RANGE.test(range));
}
