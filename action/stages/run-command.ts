import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { VitrineError } from '../../src/shared/errors.js';
import { textAt } from '../http/json.js';
import { childEnvironment } from './child-environment.js';
import type { Job } from './job.js';
import { createLineSplitter } from './split-lines.js';

/** The runner itself leaves a cancelled step only a few seconds. */
const GRACE_MS = 2_000;
/** A daemon that the command left behind may hold its output open for ever. */
const OUTPUT_MS = 1_000;

export interface CommandInput {
  readonly command: string;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * Runs a command that the workflow's author wrote, as a `run:` step would. Nothing is ever inserted into it: what a pull request's
 * author can choose arrives as environment variables.
 */
export async function runCommand(job: Job, { command, variables }: CommandInput): Promise<undefined> {
  job.signal.throwIfAborted();
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', command], {
    cwd: job.directory,
    env: childEnvironment(job.world.env, variables),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that everything it started can be ended with it.
    detached: true,
  });
  const listeners = [child.stdout, child.stderr].map((stream) => listen(stream, job));
  const stop = (): void => endGroup(child);
  job.signal.addEventListener('abort', stop, { once: true });
  try {
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
    await allHeard(job, listeners);
    job.signal.throwIfAborted();
    if (code !== 0) throw failed({ command: shown(job, command), code, killedBy });
  } catch (error) {
    job.signal.throwIfAborted();
    throw textAt(error, 'code') === 'ENOENT' ? noShell(error) : error;
  } finally {
    job.signal.removeEventListener('abort', stop);
    for (const listener of listeners) listener.stop();
  }
}

interface Listener {
  readonly heard: Promise<void>;
  /** Tells an unfinished line, and nothing more: a line that came later would be obeyed by the runner. */
  readonly stop: () => void;
}

function listen(stream: Readable, job: Job): Listener {
  const lines = createLineSplitter((line) => job.log(line));
  let open = true;
  const stop = (): void => {
    if (open) lines.end();
    open = false;
    stream.destroy();
  };
  stream.on('data', (chunk: Buffer) => {
    if (open) lines.push(chunk);
  });
  const heard = new Promise<void>((resolve) => stream.on('close', resolve));
  return { heard: heard.then(stop), stop };
}

async function allHeard(job: Job, listeners: readonly Listener[]): Promise<void> {
  const enough = new AbortController();
  const late = job.world.sleep(OUTPUT_MS, AbortSignal.any([job.signal, enough.signal]));
  await Promise.race([Promise.all(listeners.map(({ heard }) => heard)), late]);
  enough.abort();
}

function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE_MS).unref();
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}

/** Redacted before it is cut, or the beginning of a secret would be left over at the end. */
function shown({ redact }: Job, command: string): string {
  const safe = redact(command);
  return JSON.stringify(safe.length > 200 ? `${safe.slice(0, 200)}...` : safe);
}

interface Ended {
  readonly command: string;
  readonly code: number | null;
  readonly killedBy: string | null;
}

/** https://www.gnu.org/software/bash/manual/html_node/Exit-Status.html */
const NOT_FOUND = 127;

function failed({ command, code, killedBy }: Ended): VitrineError {
  if (code !== null) {
    const hint =
      code === NOT_FOUND
        ? ' A command was not found: set it up in a step before, as with actions/setup-node or pnpm/action-setup.'
        : '';
    return new VitrineError('unprocessable', `${command} ended with exit code ${String(code)}.${hint}`);
  }
  const hint = killedBy === 'SIGKILL' ? ' Perhaps the runner had no memory left.' : '';
  return new VitrineError('unprocessable', `${command} was ended by ${String(killedBy)}.${hint}`);
}

function noShell(cause: unknown): VitrineError {
  return new VitrineError(
    'unprocessable',
    'There is no bash on this runner, and commands are run by it: install it in a step before (on Alpine with "apk add bash"), or build elsewhere and set "prebuilt".',
    { cause },
  );
}
