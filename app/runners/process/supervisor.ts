import { type ChildProcess, spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { MOST_LINE_CHARACTERS, openProgramLog, type ProgramLogWriter } from './program-log.js';

/** What the server tells its supervisor, by its standard input: the environment holds secrets, which belong on no disk. */
export interface SupervisorOrder {
  /** The folder of the program: its log and its end are written there. */
  readonly dir: string;
  readonly cwd: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Of its supervisor: an older end says nothing of a newer start. */
  readonly pid: number;
  readonly code: number | null;
  readonly signal: string | null;
}

/** Previews come after the server that shows them. */
const NICENESS = 5;
/** What a program printed just before its end is still on its way. */
const DRAIN_MS = 200;

/**
 * Stands between the server and one program, as the leader of its group: it outlives the server, keeps the program's log, and writes down how
 * it ended, which only its parent hears. Without a complete order it does nothing: the server ended before it had written down whom it started.
 */
async function supervise(): Promise<void> {
  const order = JSON.parse(await text(process.stdin)) as SupervisorOrder;
  // The whole group is told to end. The program decides when, and then this process ends too.
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => undefined);
  const log = openProgramLog({ dir: join(order.dir, 'log'), now: Date.now });
  const [file = '', ...args] = order.command;
  const child = spawn(file, args, {
    cwd: order.cwd,
    env: order.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid !== undefined) beNice(child.pid);
  keepLines(child.stdout, (line) => log.write('stdout', line));
  keepLines(child.stderr, (line) => log.write('stderr', line));
  const end = await endOf(child, log);
  const path = join(order.dir, 'end.json');
  writeFileSync(`${path}.new`, JSON.stringify({ pid: process.pid, ...end } satisfies ProgramEnd));
  renameSync(`${path}.new`, path);
  // What the program started and left behind.
  process.kill(-process.pid, 'SIGKILL');
}

async function endOf(child: ChildProcess, log: ProgramLogWriter): Promise<Omit<ProgramEnd, 'pid'>> {
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = await new Promise<Omit<ProgramEnd, 'pid'>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => {
      log.write('stderr', `The program could not be started: ${error.message}`);
      resolve({ code: 127, signal: null });
    });
  });
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, DRAIN_MS))]);
  return end;
}

function beNice(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // Some containers do not allow it.
  }
}

/** Lines of any length, in pieces of a bounded one. */
function keepLines(stream: Readable | null, keep: (line: string) => void): void {
  let held = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) for (const piece of piecesOf(line.replace(/\r$/, ''))) keep(piece);
    while (held.length > MOST_LINE_CHARACTERS) {
      keep(held.slice(0, MOST_LINE_CHARACTERS));
      held = held.slice(MOST_LINE_CHARACTERS);
    }
  });
  stream?.on('end', () => {
    if (held !== '') keep(held);
    held = '';
  });
}

function piecesOf(line: string): string[] {
  if (line.length <= MOST_LINE_CHARACTERS) return [line];
  return [line.slice(0, MOST_LINE_CHARACTERS), ...piecesOf(line.slice(MOST_LINE_CHARACTERS))];
}

supervise().catch(() => process.exit(1));
