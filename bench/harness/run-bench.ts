import { createChildren } from './children.js';
import { createPin } from './cores.js';
import { createFindProgram, type FindProgram } from './programs.js';
import { createScratch } from './scratch.js';
import type { Bench, Outcome, Setting } from './setting.js';
import { renderTable } from './table.js';

export interface RunOptions {
  readonly name: string;
  readonly size: Setting['size'];
  readonly rounds: number;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cores: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Runs one benchmark to its end and tells what came out: a table, its footnotes, and everything again as one line of JSON. */
export async function runBench(bench: Bench, options: RunOptions): Promise<string> {
  const { name, size, rounds, root, env, cores, say, signal } = options;
  const find = createFindProgram(env['PATH'] ?? '');
  refuseWithout(bench, find);
  const children = createChildren({ pin: createPin(find, cores), env });
  const scratch = await createScratch();
  const started = performance.now();
  try {
    const setting = { rounds, size, scratch, children, find, env, root, say };
    const outcome = await Promise.race([bench.run(setting), stopped(signal)]);
    const seconds = Math.round((performance.now() - started) / 1000);
    return show({ ...outcome, facts: { bench: name, size, rounds, seconds, node: process.version, cores } });
  } finally {
    await children.stopAll();
    await scratch.remove();
  }
}

/** Says what to do before anything is started. */
function refuseWithout({ needs = {} }: Bench, find: FindProgram): void {
  const missing = Object.entries(needs).filter(([program]) => find(program) === null);
  if (missing.length === 0) return;
  const each = missing.map(([program, remedy]) => `This benchmark needs ${program}: ${remedy}.`);
  throw new Error(each.join('\n'));
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('Stopped.'))));
}

interface Facts {
  readonly bench: string;
  readonly size: Setting['size'];
  readonly rounds: number;
  readonly seconds: number;
  readonly node: string;
  readonly cores: number;
}

function show({ rows, notes, facts }: Outcome & { facts: Facts }): string {
  const { bench, size, rounds, node, cores } = facts;
  const date = new Date().toISOString().slice(0, 10);
  const measured = `${bench}: medians of ${rounds} alternating rounds${size === 'short' ? ' (short)' : ''}, Node ${node}, ${cores} cores, ${date}.`;
  const remarks = notes.map((note) => `- ${note}`).join('\n');
  return `${measured}\n\n${renderTable(rows)}\n\n${remarks}\n\n${JSON.stringify({ ...facts, date, rows })}`;
}
