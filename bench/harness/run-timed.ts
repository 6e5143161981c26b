import type { Children, StartOptions } from './children.js';

export interface Timed extends StartOptions {
  readonly command: string;
}

/** Runs a program to its end, and answers how many seconds it took. */
export async function runTimed(children: Children, { command, ...options }: Timed): Promise<number> {
  const started = performance.now();
  const program = children.program(command, options);
  const code = await program.ended;
  const seconds = (performance.now() - started) / 1000;
  if (code === 0) return seconds;
  throw new Error(`${command} ${options.args?.[0] ?? ''} ended with ${code}: ${program.output()}`);
}
