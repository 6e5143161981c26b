import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { VitrineError } from '../../src/shared/errors.js';
import { textAt } from '../http/json.js';
import type { Job } from './job.js';

/** The runner itself leaves a cancelled step only a few seconds. */
const GRACE_MS = 2_000;

/** A daemon that the command left behind may hold its output open for ever. */
const OUTPUT_MS = 1_000;

interface CommandInput {
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

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The runner's environment without what the code of a pull request must not get hold of: the right to ask for an identity token, the
 * tokens and inputs of this step, and the files by which a step speaks to the steps after it. RUNNER_TRACKING_ID
 * stays: by it the runner finds the processes that a build leaves behind, and ends them.
 */
const WITHHELD =
  /^(ACTIONS_.*|INPUT_.*|STATE_.*|GITHUB_TOKEN|GH_TOKEN|GITHUB_(OUTPUT|ENV|PATH|STATE|STEP_SUMMARY|EVENT_PATH))$/i;

function childEnvironment(env: Env, variables: Env): Record<string, string> {
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

/** Four times what the server keeps of a line: a secret is found before the line is cut. */
const LONGEST = 64 * 1024;

/** Bytes to lines: LF, CRLF and the lone CR of progress bars end one; invalid UTF-8 is replaced, endless lines are cut. */
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
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) emit(line.replace(/\r$/, ''));
    // A CR at the very end stays, because its LF may come with the next chunk.
    if (rest.length <= LONGEST + 1) return;
    dropped += rest.length - LONGEST;
    rest = rest.slice(0, LONGEST);
  };

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== '' || dropped > 0) emit(rest.replace(/\r$/, ''));
      rest = '';
    },
  };
}
