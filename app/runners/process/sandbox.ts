import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramOrder } from '../../../src/targets/node/runner.js';

/** What programs are started with: found once, because it does not change while the server runs. */
export interface Tools {
  /** https://github.com/containers/bubblewrap: null where it is not installed, or where the system does not let it work. */
  readonly bwrap: string | null;
  /** https://man7.org/linux/man-pages/man1/prlimit.1.html */
  readonly prlimit: string | null;
}

const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];
const run = promisify(execFile);

export async function findTools(): Promise<Tools> {
  if (process.platform !== 'linux') return { bwrap: null, prlimit: null };
  const [bwrap, prlimit] = await Promise.all([findProgram('bwrap'), findProgram('prlimit')]);
  return { bwrap: bwrap !== null && (await works(bwrap)) ? bwrap : null, prlimit };
}

async function findProgram(name: string): Promise<string | null> {
  for (const folder of FOLDERS) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

/** Some systems forbid user namespaces, which it needs. */
async function works(bwrap: string): Promise<boolean> {
  const args = [...NAMESPACES, ...(await systemMounts()), '--', process.execPath, '--version'];
  return run(bwrap, args, { env: {} }).then(
    () => true,
    () => false,
  );
}

/** The network is shared: the server passes requests on to a port of this machine. */
const NAMESPACES = [
  ...['--unshare-user-try', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
  ...['--die-with-parent', '--cap-drop', 'ALL'],
];

/** Only what programs need to run: other folders, such as that of this server, are not there at all. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
const SETTINGS = [
  ...['resolv.conf', 'hosts', 'nsswitch.conf', 'host.conf', 'gai.conf', 'passwd', 'group', 'localtime'],
  ...['ssl', 'pki', 'ca-certificates', 'alternatives', 'ld.so.cache', 'mime.types', 'services', 'protocols'],
].map((name) => `/etc/${name}`);

async function systemMounts(): Promise<string[]> {
  const folders = await Promise.all(
    SYSTEM.map(async (path) => {
      const found = await lstat(path).catch(() => null);
      if (found === null) return [];
      return found.isSymbolicLink() ? ['--symlink', await readlink(path), path] : ['--ro-bind', path, path];
    }),
  );
  const node = dirname(dirname(process.execPath));
  const own = node === '/usr' || node.startsWith('/usr/') ? [] : ['--ro-bind', node, node];
  const settings = SETTINGS.flatMap((path) => ['--ro-bind-try', path, path]);
  return [...folders.flat(), ...settings, '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp', ...own];
}

export interface Placed {
  readonly app: string;
  readonly home: string;
}

interface Command {
  readonly tools: Tools;
  readonly command: readonly string[];
  readonly memoryBytes: number;
  readonly placed: Placed;
}

/** The command with its limits and, where it is possible, its sandbox around it. */
export async function confined({ tools, command, memoryBytes, placed }: Command): Promise<readonly string[]> {
  const limits = tools.prlimit === null ? [] : [tools.prlimit, ...(await limitsOf(memoryBytes)), '--'];
  if (tools.bwrap === null) return [...limits, ...command];
  const { app, home } = placed;
  const own = ['--bind', app, app, '--bind', home, home, '--chdir', app];
  return [...limits, tools.bwrap, ...NAMESPACES, ...(await systemMounts()), ...own, '--', ...command];
}

/** Node alone needs about a hundred. */
const LEAST_MEMORY = 128 * 1024 * 1024;
const MOST_PROCESSES = 256;
const MOST_FILES = 1_024;

/**
 * For each process. The memory that it may write to is limited instead of its addresses, because Node reserves many gigabytes of addresses for
 * WebAssembly, which `fetch` uses. The system counts the processes of a user together, so those of the server are added.
 */
async function limitsOf(memoryBytes: number): Promise<string[]> {
  const processes = (await tasksOfUser()) + MOST_PROCESSES;
  return [
    `--data=${String(Math.max(memoryBytes, LEAST_MEMORY))}`,
    `--nproc=${String(processes)}`,
    `--nofile=${String(MOST_FILES)}`,
    '--core=0',
  ];
}

async function tasksOfUser(): Promise<number> {
  const uid = String(process.getuid?.() ?? 0);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const counts = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      if (/^Uid:\s+(\d+)/m.exec(status)?.[1] !== uid) return 0;
      return Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
    }),
  );
  return counts.reduce((sum, one) => sum + one, 0);
}

/** With these a program could act on the linker of what confines it. */
const LINKER = /^(LD_|DYLD_|GLIBC_TUNABLES$|GCONV_PATH$|LOCPATH$|NLSPATH$|MALLOC_)/;

/** Everything that a program finds in its environment: nothing of the server's own. */
export function environmentFor(
  { environment, log }: Pick<ProgramOrder, 'environment' | 'log'>,
  { app, home, port }: Placed & { readonly port: number },
): Record<string, string> {
  const refused = Object.keys(environment).filter((name) => LINKER.test(name));
  if (refused.length > 0) log(`Left out, because the linker acts on them: ${refused.join(', ')}`);
  const given = Object.entries(environment).filter(([name]) => !LINKER.test(name));
  const path = [join(app, 'node_modules/.bin'), dirname(process.execPath), ...FOLDERS];
  return {
    NODE_ENV: 'production',
    ...Object.fromEntries(given),
    PATH: path.join(delimiter),
    HOME: home,
    HOST: '127.0.0.1',
    PORT: String(port),
  };
}
