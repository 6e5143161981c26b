import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const BENCH_ENTRY = join(process.cwd(), 'build/bench/main.js');

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs the built benchmark program, as `npm run bench -- <args>` does. */
export function runBenchmark(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BENCH_ENTRY, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject).once('close', (code) => resolve({ code, output, errors }));
  });
}
