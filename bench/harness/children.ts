import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Core, Pin } from './cores.js';
import { createPostbox, type Question } from './postbox.js';

/** A program of this folder in a process of its own. */
export interface Child {
  /** What it said when it was up. */
  readonly ready: unknown;
  readonly pid: number;
  ask<T>(question: Question<T>): Promise<T>;
  /** Lets it end in order. */
  stop(): Promise<void>;
  /** Ends it at once, in the middle of its work. */
  kill(): Promise<void>;
}

/** Any other program. */
export interface Program {
  readonly pid: number;
  readonly ended: Promise<number>;
  readonly output: () => string;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly core?: Core;
  readonly cwd?: string;
}

export interface Children {
  start(entry: string, options?: StartOptions): Promise<Child>;
  program(command: string, options?: StartOptions): Program;
  stopAll(): Promise<void>;
}

const PATIENCE_MS = 15_000;
const KEPT = 4_000;

/** Starts processes and remembers them, so that none outlives the run. */
export function createChildren({ pin, env }: { pin: Pin; env: Readonly<Record<string, string>> }): Children {
  const alive = new Set<ChildProcess>();
  const launch = (
    command: string,
    { args = [], core, cwd, ...options }: StartOptions,
    ipc: 'ipc' | 'ignore',
  ) => {
    const pinned = pin({ command, args }, core);
    const child = spawn(pinned.command, [...pinned.args], {
      stdio: ['ignore', 'pipe', 'pipe', ipc],
      env: { ...env, ...options.env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    alive.add(child);
    child.once('exit', () => alive.delete(child)).once('error', () => alive.delete(child));
    return { child, output: keepOutput(child), ended: endOf(child) };
  };
  return {
    async start(entry, { args = [], ...options } = {}) {
      const script = join(import.meta.dirname, '..', entry);
      const { child, output, ended } = launch(
        process.execPath,
        { ...options, args: [script, ...args] },
        'ipc',
      );
      const postbox = createPostbox(child, { name: entry, output });
      const ready = await postbox.ready;
      const stop = () => endIn(child, { ended, end: () => child.disconnect() });
      return {
        ready,
        pid: child.pid ?? 0,
        ask: postbox.ask,
        stop,
        kill: () => endIn(child, { ended, end: () => child.kill('SIGKILL') }),
      };
    },
    program(command, options = {}) {
      const { child, output, ended } = launch(command, options, 'ignore');
      const stop = () => endIn(child, { ended, end: () => child.kill('SIGTERM') });
      return { pid: child.pid ?? 0, ended, output, stop };
    },
    async stopAll() {
      await Promise.all(
        [...alive].map((child) => endIn(child, { ended: endOf(child), end: () => child.kill('SIGTERM') })),
      );
    },
  };
}

async function endIn(
  child: ChildProcess,
  { ended, end }: { ended: Promise<number>; end: () => unknown },
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  end();
  await ended;
  clearTimeout(timer);
}

function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? -1)).once('error', () => resolve(-1));
  });
}

function keepOutput({ stdout, stderr }: ChildProcess): () => string {
  let kept = '';
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (chunk: Buffer) => (kept = (kept + chunk.toString()).slice(-KEPT)));
  }
  return () => kept;
}
