import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../../src/shared/errors.js';

/** Ids of processes are used again; together with its start an id names one process for ever. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in the words of the system; different after a restart of the machine. */
  readonly started: string;
}

/** Null when no process has this id, or only one that has ended and that its parent has not asked about yet. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  const started = process.platform === 'linux' ? await startOnLinux(pid) : await startByPs(pid);
  return started === null ? null : { pid, started };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identityOf(identity.pid))?.started === identity.started;
}

/** Fields 3 and 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html. The name before them may hold anything. */
async function startOnLinux(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state = 'X'] = fields;
  if (state === 'Z' || state === 'X') return null;
  return `${await bootId()} ${fields[19] ?? ''}`;
}

let boot: Promise<string> | undefined;
function bootId(): Promise<string> {
  return (boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => 'unknown',
  ));
}

const run = promisify(execFile);

async function startByPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('/bin/ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state = 'Z', ...started] = stdout.trim().split(/\s+/);
    return state.startsWith('Z') ? null : started.join(' ');
  } catch {
    return null;
  }
}

const POLITE_MS = 5_000;
const LOOK_MS = 20;
/** What is still there then belongs to the system, such as a process that waits for a broken disk. */
const MOST_MS = 15_000;

interface Ending {
  /** The leader of the group. */
  readonly leader: ProcessIdentity | null;
  /** A variable that every process of the program has, such as `HOME=/…`. */
  readonly mark: string;
  readonly politeMs?: number;
}

/**
 * Ends every process of a program: its group by SIGTERM and then by SIGKILL, and then the processes that left the group or outlived its leader. A
 * group is asked only while its leader is the process that was started: another process may have the same number by now.
 */
export async function endProgram({ leader, mark, politeMs = POLITE_MS }: Ending): Promise<void> {
  if (leader !== null && (await isAlive(leader))) {
    signalGroup(leader, 'SIGTERM');
    await until(async () => !(await isAlive(leader)), politeMs);
    if (await isAlive(leader)) signalGroup(leader, 'SIGKILL');
  }
  await until(async () => (await endMarked(mark)) === 0, MOST_MS);
  if (leader !== null) await until(async () => !(await isAlive(leader)), MOST_MS);
}

function signalGroup({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Ends the processes that have this variable, and says how many there were. Only Linux tells what a process was started with. */
async function endMarked(mark: string): Promise<number> {
  if (process.platform !== 'linux') return 0;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => hasMark(pid, mark)));
  const ours = pids.filter((pid, index) => found[index] === true && pid !== process.pid);
  for (const pid of ours) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  return ours.length;
}

async function hasMark(pid: number, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${String(pid)}/environ`, 'latin1').catch(() => '');
  if (!`\0${environment}`.includes(`\0${mark}\0`)) return false;
  return (await identityOf(pid)) !== null;
}

async function until(come: () => Promise<boolean>, mostMs: number): Promise<void> {
  const deadline = performance.now() + mostMs;
  while (!(await come()) && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
