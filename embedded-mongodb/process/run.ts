import { type ChildProcess, spawn } from 'node:child_process';

const OUTPUT_KEPT = 2_000;

export type Command = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly timeoutMs: number;
};

/** Runs one program to its end and returns what it printed; says what it printed last when it fails. */
export function run({ command, args, env, cwd, timeoutMs }: Command): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd && { cwd }) });
  const output = collect(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error(`${command} could not be started: ${cause.message}`, { cause })),
    );
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output());
      const how = signal ? `was stopped by ${signal} (limit ${timeoutMs / 1000} s)` : `ended with ${code}`;
      reject(new Error(`${command} ${args[0] ?? ''} ${how}: ${lastLine(output())}`));
    });
  });
  return ended.finally(() => clearTimeout(timer));
}

/** Keeps the end of what a child prints. */
export function collect(child: ChildProcess): () => string {
  let kept = '';
  const keep = (chunk: Buffer): void => {
    kept = (kept + chunk.toString()).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => kept;
}

export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1) ?? '';
}
