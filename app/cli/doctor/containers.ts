import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readFile } from 'node:fs/promises';
import semver from 'semver';
import { errorCode, messageOf } from '../../../src/shared/errors.js';
import { countFreeSubnets } from '../../../src/targets/docker/network.js';
import { composeVersion } from '../../engine/compose-runner.js';
import { createDockerEngine } from '../../engine/docker-engine.js';
import { findTools } from '../../runners/process/sandbox.js';
import { type Check, failed, type Finding, good, skipped, warning } from './check.js';
import { ofEngine } from './engine.js';

const OLDEST_COMPOSE = '2.20.0';
const INSTALL_COMPOSE = `Install the Docker CLI with its plugin Compose, version ${OLDEST_COMPOSE} or newer, or set PATH and DOCKER_CONFIG: docs/compose-target.md.`;

export const compose = ofEngine(
  { id: 'compose', title: 'docker compose' },
  async ({ address }, { config, signal }) => {
    const { path, dockerConfig } = config.containers;
    const version = await composeVersion({ engine: address, path, dockerConfig }, signal).catch(
      (error: unknown) => (errorCode(error) === 'ENOENT' ? null : ''),
    );
    if (version === null)
      return warning(
        'There is no program "docker" on PATH, so compose files cannot be started.',
        INSTALL_COMPOSE,
      );
    const known = semver.coerce(version);
    if (!known)
      return warning(
        'The program "docker" has no Compose, so compose files cannot be started.',
        INSTALL_COMPOSE,
      );
    if (semver.lt(known, OLDEST_COMPOSE))
      return failed(`Compose has version ${version}, which is too old.`, INSTALL_COMPOSE);
    return good(`Version ${version}.`);
  },
);

interface Ports {
  readonly first: number;
  readonly last: number;
}

function portsOf(range: string): Ports {
  const [first = 0, last = 0] = range.split('-').map(Number);
  return { first, last };
}

const SAMPLE = 200;

export const ports: Check = {
  id: 'ports',
  title: 'Ports of containers',
  async run({ config }) {
    if (config.containers.ports === null)
      return good('None is used: the server reaches containers in their networks (CONTAINER_PORTS=none).');
    const range = portsOf(config.containers.ports);
    const tried = sampleOf(range);
    const free = (await Promise.all(tried.map(isFree))).filter(Boolean).length;
    const said = `${range.first}-${range.last}: ${free} of ${tried.length} that were tried are free.`;
    const choose = 'Set CONTAINER_PORTS to a range that no other program uses, such as 30000-32767.';
    if (free === 0) return failed(said, choose);
    if (free < tried.length / 2) return warning(said, choose);
    const shared = sharedWith(range, await ephemeralPorts());
    if (shared === null) return good(said);
    const told = `The system gives ${shared.first}-${shared.last} to outgoing connections too.`;
    if (shared.first === range.first && shared.last === range.last) return warning(`${said} ${told}`, choose);
    return good(`${said} ${told} Where such a port is taken, another one of the range is used.`);
  },
};

/** Spread over the whole range. */
function sampleOf({ first, last }: Ports): number[] {
  const size = last - first + 1;
  const count = Math.min(size, SAMPLE);
  return Array.from({ length: count }, (_none, index) => first + Math.floor((index * size) / count));
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Null where the system does not say, and where the operator has set them all aside. */
async function ephemeralPorts(): Promise<Ports | null> {
  const read = (name: string) => readFile(join('/proc/sys/net/ipv4', name), 'utf8').catch(() => '');
  const [range, reserved] = await Promise.all([read('ip_local_port_range'), read('ip_local_reserved_ports')]);
  const [first, last] = range.trim().split(/\s+/).map(Number);
  if (first === undefined || last === undefined) return null;
  const isReserved = reserved
    .trim()
    .split(',')
    .map(portsOf)
    .some((aside) => aside.first <= first && aside.last >= last);
  return isReserved ? null : { first, last };
}

export function sharedWith(range: Ports, other: Ports | null): Ports | null {
  if (other === null) return null;
  const first = Math.max(range.first, other.first);
  const last = Math.min(range.last, other.last);
  return first <= last ? { first, last } : null;
}

export const network = ofEngine(
  { id: 'network', title: 'Addresses of containers' },
  async ({ address }, { config }) => {
    const networks = await createDockerEngine(address).networks();
    const subnets = networks.flatMap((one) => one.subnets);
    return judgeRange(config.containers.network, { subnets, addresses: ownAddresses() });
  },
);

interface Taken {
  /** Of the networks of the engine. */
  readonly subnets: readonly string[];
  /** Of this machine, as 10.1.2.3/16. */
  readonly addresses: readonly { readonly name: string; readonly cidr: string }[];
}

const FEW_SUBNETS = 32;

export function judgeRange(range: string, { subnets, addresses }: Taken): Finding {
  const total = countFreeSubnets(range, []);
  const strangers = addresses.filter(
    ({ cidr }) => countFreeSubnets(range, [cidr]) < total && !subnets.some((one) => holds(one, cidr)),
  );
  const left = countFreeSubnets(range, [...subnets, ...strangers.map(({ cidr }) => cidr)]);
  const said = `${left} of the ${total} subnets of ${range} are left.`;
  if (strangers.length > 0) {
    const names = strangers.map(({ name, cidr }) => `${name} (${cidr})`).join(', ');
    const tell = left === 0 ? failed : warning;
    return tell(
      `This machine itself has an address in ${range}: ${names}. ${said}`,
      'Set CONTAINER_NETWORK to a private range that nothing else of your network uses, such as 10.213.0.0/16.',
    );
  }
  const more = 'Every preview takes one: remove previews, or widen CONTAINER_NETWORK.';
  if (left === 0) return failed(said, more);
  return left < FEW_SUBNETS ? warning(said, more) : good(said);
}

function ownAddresses(): { readonly name: string; readonly cidr: string }[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.flatMap(({ family, cidr }) => (family === 'IPv4' && cidr !== null ? [{ name, cidr }] : [])),
  );
}

/** The machine has an address in each network of the engine. */
function holds(subnet: string, cidr: string): boolean {
  return countFreeSubnets(subnet, [cidr]) < countFreeSubnets(subnet, []);
}

const run = promisify(execFile);

/** As scripts/container-firewall.sh sets them. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'];

export const firewall = ofEngine(
  { id: 'firewall', title: 'Firewall' },
  async ({ isHere }, { config, signal }) => {
    const { network: range, path } = config.containers;
    const todo = `sudo scripts/container-firewall.sh ${range}`;
    if (!isHere) return skipped('The engine is on another machine.', `Run there: ${todo}`);
    const read = async (chain: string) => {
      const env = { PATH: `${path}:/usr/sbin:/sbin` };
      const { stdout } = await run('iptables', ['-w', '2', '-S', chain], { env, signal });
      return stdout.split('\n');
    };
    try {
      const [input, forwarded] = await Promise.all([read('INPUT'), read('DOCKER-USER')]);
      const drops = (lines: readonly string[], words: string) =>
        lines.some((line) => line.includes(` -s ${range} ${words}`) && line.endsWith('-j DROP'));
      const open = PRIVATE.filter((one) => !drops(forwarded, `-d ${one} `));
      if (!drops(input, '')) open.unshift('this machine');
      if (open.length === 0)
        return good('Containers reach the internet, and neither this machine nor private networks.');
      return warning(
        `Containers may connect to ${open.join(', ')}.`,
        `At every start of the machine: ${todo}`,
      );
    } catch (error) {
      if (/No chain/i.test(messageOf(error)))
        return warning('The firewall has no rules for containers.', `At every start of the machine: ${todo}`);
      const why =
        errorCode(error) === 'ENOENT' ? 'there is no program iptables' : 'only root may read the rules';
      return skipped(`It cannot be seen: ${why}.`, `At every start of the machine: ${todo}`);
    }
  },
);

export const sandbox: Check = {
  id: 'sandbox',
  title: 'Sandbox of programs',
  async run({ config }) {
    if (config.nodeRunner !== 'process')
      return skipped('NODE_RUNNER is not "process": no preview is a process of this machine.');
    const { bwrap, prlimit } = await findTools();
    if (bwrap === null)
      return warning(
        'bubblewrap cannot be used: programs of previews may read what this server may, such as .env.',
        'Install it ("apt-get install bubblewrap"), and let it make user namespaces: docs/node-target.md.',
      );
    if (prlimit === null)
      return warning(
        'prlimit cannot be used: nothing limits the memory of programs.',
        'Install it, with the package util-linux.',
      );
    return good('Programs are confined by bubblewrap, and limited by prlimit.');
  },
};
