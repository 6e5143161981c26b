import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { VitrineError } from '../../../src/shared/errors.js';
import { identityOf, type ProcessIdentity } from './identity.js';
import type { Records } from './records.js';
import type { Tools } from './sandbox.js';
import type { ProgramEnd, SupervisorOrder } from './supervisor.js';

/** What everything is made of that runs on this machine. */
export interface ProcessParts {
  /** The compiled `supervisor.js`. */
  readonly supervisor: string;
  /** How long a process has after SIGTERM. */
  readonly politeMs?: number;
  readonly records: Records;
  readonly findTools: () => Promise<Tools>;
}

interface Supervising {
  readonly order: SupervisorOrder;
  /** Writes down who was started. Only then the order is given: a process that is not written down starts nothing. */
  readonly named: (leader: ProcessIdentity) => Promise<void>;
}

/** Starts a command with a process of ours above it, which outlives this server. */
export async function superviseBy(
  { supervisor }: Pick<ProcessParts, 'supervisor'>,
  { order, named }: Supervising,
): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['--max-old-space-size=64', supervisor], {
    cwd: order.dir,
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  await once(child, 'spawn');
  child.unref();
  const leader = child.pid === undefined ? null : await identityOf(child.pid);
  if (leader === null) throw new VitrineError('unavailable', 'The program could not be started: try again.');
  try {
    await named(leader);
    await pipeline([JSON.stringify(order)], child.stdin);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return leader;
}

/** Unknown when its supervisor was ended too, such as by a restart of the machine. */
export async function endOf(path: string, { pid }: ProcessIdentity): Promise<Omit<ProgramEnd, 'pid'>> {
  const text = await readFile(path, 'utf8').catch(() => null);
  const seen = text === null ? null : (JSON.parse(text) as ProgramEnd);
  return seen?.pid === pid ? { code: seen.code, signal: seen.signal } : { code: null, signal: null };
}
