import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { VitrineError } from '../../src/shared/errors.js';
import { lastState } from '../../src/shared/text.js';
import { textAt } from '../http/json.js';
import type { Job } from './job.js';

/** The time between SIGTERM and SIGKILL. The runner ends a cancelled step after a few seconds. */
const GRACE_MS = 2_000;

/** The wait for output after the command has ended: a background process can hold it open for ever. */
const OUTPUT_MS = 1_000;

interface CommandInput {
  readonly command: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What a command needs of a job. */
export type CommandJob = Pick<Job, 'world' | 'directory' | 'log' | 'output' | 'redact' | 'signal'>;

/**
 * Runs a command of the workflow's author as a `run:` step does. Nothing is inserted into it: values that the author of a pull request
 * can choose are passed as environment variables.
 */
export async function runCommand(job: CommandJob, { command, variables }: CommandInput): Promise<undefined> {
  const { code, killedBy } = await runProgram(job, {
    file: 'bash',
    args: ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', command],
    env: childEnvironment(job.world.env, variables),
  }).catch((error: unknown) => {
    throw isMissing(error) ? noShell(error) : error;
  });
  if (code !== 0) throw failed({ command: quoted(job, command), code, killedBy });
}

export interface ProgramInput {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it reads from its standard input. */
  readonly input?: string;
  /** Gets the lines of its standard output; the log gets them unless given. */
  readonly onLine?: (line: string) => void;
}

interface ProgramEnd {
  readonly code: number | null;
  readonly killedBy: string | null;
}

/** Runs a program without a shell. Its lines go to the log. */
export async function runProgram(job: CommandJob, program: ProgramInput): Promise<ProgramEnd> {
  job.signal.throwIfAborted();
  const { input, onLine = job.output } = program;
  const child = spawn(program.file, program.args, {
    cwd: job.directory,
    env: program.env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    // A process group of its own, so that its child processes can be ended with it.
    detached: true,
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  // A program that ends before it has read everything tells so by its exit code.
  child.stdin?.on('error', () => undefined).end(input);
  const listeners = [listen(child.stdout, onLine), listen(child.stderr, job.output)];
  const stop = (): void => endGroup(child);
  job.signal.addEventListener('abort', stop, { once: true });
  try {
    const [code, killedBy] = (await once(child, 'exit')) as [number | null, string | null];
    await waitForOutput(job, listeners);
    job.signal.throwIfAborted();
    return { code, killedBy };
  } catch (error) {
    job.signal.throwIfAborted();
    throw error;
  } finally {
    job.signal.removeEventListener('abort', stop);
    for (const listener of listeners) listener.stop();
  }
}

interface Listener {
  readonly closed: Promise<void>;
  /** Logs an unfinished line and ignores later output, which the runner could execute as a command. */
  readonly stop: () => void;
}

/** The program is not on this machine. */
export function isMissing(error: unknown): boolean {
  return textAt(error, 'code') === 'ENOENT';
}

function listen(stream: Readable, onLine: (line: string) => void): Listener {
  const lines = createLineSplitter(onLine);
  let open = true;
  const stop = (): void => {
    if (open) lines.end();
    open = false;
    stream.destroy();
  };
  stream.on('data', (chunk: Buffer) => {
    if (open) lines.push(chunk);
  });
  const closed = new Promise<void>((resolve) => stream.on('close', resolve));
  return { closed: closed.then(stop), stop };
}

async function waitForOutput(job: CommandJob, listeners: readonly Listener[]): Promise<void> {
  const enough = new AbortController();
  const late = job.world.sleep(OUTPUT_MS, AbortSignal.any([job.signal, enough.signal]));
  await Promise.race([Promise.all(listeners.map(({ closed }) => closed)), late]);
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

/** Redacts before it cuts, so that the cut leaves no part of a secret. */
function quoted({ redact }: CommandJob, command: string): string {
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
        ? ' A command was not found: install it in an earlier step, for example with actions/setup-node or pnpm/action-setup.'
        : '';
    return new VitrineError('unprocessable', `${command} ended with exit code ${String(code)}.${hint}`);
  }
  const hint = killedBy === 'SIGKILL' ? ' The runner may have run out of memory.' : '';
  return new VitrineError('unprocessable', `${command} was ended by ${String(killedBy)}.${hint}`);
}

function noShell(cause: unknown): VitrineError {
  return new VitrineError(
    'unprocessable',
    'There is no bash on this runner, and the Action needs it to run commands: install it in an earlier step (on Alpine with "apk add bash"), or build elsewhere and set "prebuilt".',
    { cause },
  );
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Variables that the code of a pull request must not get: the permission to request an identity token, the tokens and inputs of this
 * step, and the files through which a step sets outputs and variables for later steps. RUNNER_TRACKING_ID is passed on, because the
 * runner uses it to find and end the processes that a build leaves behind.
 */
const WITHHELD =
  /^(ACTIONS_.*|INPUT_.*|STATE_.*|GITHUB_TOKEN|GH_TOKEN|GITHUB_(OUTPUT|ENV|PATH|STATE|STEP_SUMMARY|EVENT_PATH))$/i;

export function childEnvironment(env: Env, variables: Env): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !WITHHELD.test(name));
  return Object.fromEntries(
    [...kept, ...Object.entries(variables)].filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

interface LineSplitter {
  push(chunk: Buffer): void;
  end(): void;
}

/** Four times the part of a line that the server keeps, so that secrets are redacted before the line is cut. */
const LONGEST = 64 * 1024;

/**
 * Splits bytes into lines at LF and CRLF. A progress bar returns to the beginning of its line with CR: its last state is the line. Replaces
 * invalid UTF-8 and cuts very long lines.
 */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let dropped = 0;

  const emit = (line: string): void => {
    const cut = dropped + Math.max(0, line.length - LONGEST);
    dropped = 0;
    onLine(cut > 0 ? `${line.slice(0, LONGEST)} (${String(cut)} more characters)` : line);
  };
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r\n|\n/);
    const states = (lines.pop() ?? '').split('\r');
    for (const line of lines) emit(lastState(line));
    // A CR at the end stays in `rest`, because its LF can be in the next chunk. So does the state before it: what comes may be empty.
    const current = states.pop() ?? '';
    const before = lastState(states.join('\r'));
    if (states.length > 0) dropped = 0;
    dropped += Math.max(0, current.length - LONGEST);
    rest = `${before === '' ? '' : `${before.slice(0, LONGEST)}\r`}${current.slice(0, LONGEST)}`;
  };

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== '' || dropped > 0) emit(lastState(rest));
      rest = '';
    },
  };
}
