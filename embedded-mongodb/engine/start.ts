import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { VitrineError } from '../../src/shared/errors.js';
import { inUse } from '../process/data-directory.js';
import { localUri, type LocalWay, type ServerProcess } from '../process/database.js';
import { keepRunning } from '../process/keep-running.js';
import { collect, lastLine, programEntry } from '../process/run.js';
import { type NodeCommand, nodeForEngine } from './glibc.js';

/** After a crash the journal is replayed before the engine answers. */
const START_TIMEOUT_MS = 60_000;

const STOP_TIMEOUT_MS = 10_000;

const EXIT_DIRECTORY_IN_USE = 100;

type EngineOptions = {
  readonly node: NodeCommand;
  readonly directory: string;
  readonly port: number;
  readonly env: NodeJS.ProcessEnv;
};

/** Starts the engine program and waits until it answers. */
async function startEngine(options: EngineOptions): Promise<ServerProcess> {
  const child = launch(options);
  const output = collect(child);
  const ended = endOf(child, output);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const port = await Promise.race([readyPort(child, output), ended]).finally(() => clearTimeout(timer));
  if (typeof port === 'string') throw await notStarted({ child, directory: options.directory, reason: port });
  hold(child, 'unref');
  return { pid: child.pid ?? 0, port, ended, stop: () => stop(child, ended) };
}

function launch({ node, directory, port, env }: EngineOptions): ChildProcess {
  const flags = ['--dbpath', directory, '--port', String(port), '--bind_ip', '127.0.0.1'];
  return spawn(node.command, [...node.args, programEntry('engine/main.js'), ...flags], {
    // A group of its own: Ctrl-C in a terminal reaches the App, which stops the database last.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env, NODE_OPTIONS: '' },
  });
}

function readyPort(child: ChildProcess, output: () => string): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.on('data', () => {
      const port = /Waiting for connections on port (\d+)\n/.exec(output())?.[1];
      if (port) resolve(Number(port));
    });
  });
}

function endOf(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(signal ?? (code === 0 ? 'exit code 0' : lastLine(output()) || `exit code ${code}`)),
    );
  });
}

async function notStarted({
  child,
  directory,
  reason,
}: {
  child: ChildProcess;
  directory: string;
  reason: string;
}): Promise<VitrineError> {
  if (child.exitCode === EXIT_DIRECTORY_IN_USE) return inUse(directory);
  return new VitrineError(
    'unavailable',
    `The embedded database did not start on ${directory}: ${reason}. Repair the cause and start again, or set MONGODB_URI to a running MongoDB.`,
  );
}

/** The database alone keeps no process alive, but its end is waited for. */
function hold(child: ChildProcess, how: 'ref' | 'unref'): void {
  child[how]();
  for (const stream of child.stdio) if (stream instanceof Socket) stream[how]();
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  hold(child, 'ref');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await ended.finally(() => clearTimeout(timer));
}

/**
 * MongoDB's own engine as a process of ours. It is not run by mongodb-memory-server because its standard input ends with
 * this process, at once and even after `kill -9`, where that package looks every two seconds; and because the engine picks
 * its own port, which no other program can take in between.
 */
export const embeddedEngine: LocalWay = {
  engine: 'embedded',
  async start(options) {
    const node = await nodeForEngine(options).catch((error: Error) => error);
    if (node instanceof Error) return { missing: `the embedded engine does not run here: ${node.message}` };
    const { directory, env } = options;
    const { port, lost, stop } = await keepRunning({
      ...options,
      name: 'the embedded engine',
      start: (at) => startEngine({ node, directory, port: at, env }),
    });
    return { uri: localUri(port), way: `embedded engine, data in ${directory}`, lost, stop };
  },
};
