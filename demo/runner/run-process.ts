import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a cancelled step is asked to stop: https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation */
export interface Patience {
  /** From SIGINT to SIGTERM. */
  readonly interruptMs: number;
  /** From SIGTERM to SIGKILL. */
  readonly terminateMs: number;
}

export const GITHUB_PATIENCE: Patience = { interruptMs: 7500, terminateMs: 2500 };

export interface ProcessOptions {
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly patience: Patience;
  readonly signal: AbortSignal | undefined;
  readonly onLine: (line: string) => void;
}

export interface Ended {
  readonly exitCode: number;
  readonly signal: NodeJS.Signals | undefined;
}

export async function runProcess(options: ProcessOptions): Promise<Ended> {
  const { script, cwd, env, onLine } = options;
  // A group of its own: what the step leaves behind is ended with it.
  const child = spawn(process.execPath, [script], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const input of [child.stdout, child.stderr])
    createInterface({ input, crlfDelay: Infinity }).on('line', onLine);
  const stopped = stopOnAbort(child, options);
  child.once('exit', () => killGroup(child));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  stopped.abort();
  return { exitCode: code ?? 1, signal: signal ?? undefined };
}

function stopOnAbort(child: ChildProcess, { signal, patience }: ProcessOptions): AbortController {
  const finished = new AbortController();
  const timers: NodeJS.Timeout[] = [];
  const stop = (): void => {
    child.kill('SIGINT');
    const { interruptMs, terminateMs } = patience;
    timers.push(setTimeout(() => child.kill('SIGTERM'), interruptMs));
    timers.push(setTimeout(() => child.kill('SIGKILL'), interruptMs + terminateMs));
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true, signal: finished.signal });
  finished.signal.addEventListener('abort', () => timers.forEach((timer) => clearTimeout(timer)));
  return finished;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing was left.
  }
}
