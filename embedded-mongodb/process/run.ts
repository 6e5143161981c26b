import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VitrineError } from '../../src/shared/errors.js';

const OUTPUT_KEPT = 2_000;

type Command = {
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

/** The JavaScript of one of these programs: beside this module when that is compiled, else in the build. */
export function programEntry(name: 'engine/main.js' | 'mongod/download.js'): string {
  const candidates = [`../${name}`, `../../build/embedded-mongodb/${name}`].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  const entry = candidates.find((path) => existsSync(path));
  if (entry) return entry;
  throw new VitrineError(
    'unavailable',
    `The program ${name} is not compiled yet; run "npm run build" first.`,
  );
}
