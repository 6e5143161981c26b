import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './architecture/read-sources.js';

/** Around which call of which port the server kills or stops itself; null = never. */
export interface CrashPoint {
  readonly port: string;
  readonly method: string;
  readonly when: 'before' | 'after' | 'inside';
  /** Only a call that sets this field. */
  readonly sets?: string;
  /** Only once a webhook of this event was stored; what was told before must not be in its way. */
  readonly event?: string;
  /** SIGKILL unless given. */
  readonly signal?: 'SIGKILL' | 'SIGSTOP';
}

export interface AppProcess {
  readonly url: string;
  /** Where it listens itself, when something else stands at its public address. */
  readonly port: number;
  readonly pid: number;
  /** Resolves with the signal or code that ended it. */
  readonly ended: Promise<string | number>;
  kill(signal: NodeJS.Signals): void;
}

export interface CrashOptions {
  /** The sweep comes every five minutes; whoever waits for it need not wait that long. */
  readonly sweepEveryMs?: number;
  /** What a dead server held waits for the end of its lease: 15 to 20 seconds unless given. */
  readonly leaseMs?: number;
  /** Its clock is so much ahead, and it looks at programs four times a second. */
  readonly aheadMs?: number;
  /** How much faster than others its clock is. */
  readonly rate?: number;
}

/** Long enough that a busy machine renews it in time, which is done after a third of it. */
const LEASE_MS = 6_000;

export async function startCrashingApp(
  env: Readonly<Record<string, string>>,
  point: CrashPoint | null,
  options: CrashOptions = {},
): Promise<AppProcess> {
  const program = join(ROOT, 'test/support/crashing-app.js');
  const child = spawn(process.execPath, [program, JSON.stringify({ point, leaseMs: LEASE_MS, ...options })], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = endOf(child);
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, 'line'), ended.then(() => [])])) as [string?];
  if (line === undefined)
    throw new Error(`The server ended before it was up: ${errors.join('').slice(0, 2_000)}`);
  const { url, port } = JSON.parse(line) as { url: string; port: number };
  return { url, port, pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) };
}

async function endOf(child: ChildProcess): Promise<string | number> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? code ?? 0;
}
