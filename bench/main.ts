import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BENCHES } from './catalog.js';
import { cleanEnvironment } from './harness/clean-environment.js';
import { runBench } from './harness/run-bench.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const [name] = positionals;
const bench = BENCHES.get(name ?? '');

if (values.help || name === undefined) process.stdout.write(usage());
else if (!bench) {
  say(`There is no benchmark "${name}".\n\n${usage()}`);
  process.exitCode = 1;
} else {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const size = values.short ? 'short' : 'full';
  try {
    const text = await runBench(bench, {
      name,
      size,
      rounds: roundsOf(values.rounds, bench.rounds[size]),
      root: resolve(import.meta.dirname, '../..'),
      env: cleanEnvironment(process.env),
      cores: availableParallelism(),
      signal: stopping.signal,
      say,
    });
    process.stdout.write(`${text}\n`);
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    // Ends at once: the interrupted benchmark must start no more programs.
    process.exit(1);
  }
}

function roundsOf(given: string | undefined, usual: number): number {
  if (given === undefined) return usual;
  if (/^[1-9]\d?$/.test(given)) return Number(given);
  throw new Error('--rounds must be a number from 1 to 99.');
}

function usage(): string {
  const list = [...BENCHES].map(([known, { summary }]) => `  ${known.padEnd(10)} ${summary}`).join('\n');
  return `Usage: npm run bench -- <name> [--rounds n] [--short]\n\n${list}\n\n  --rounds n  how often each program is measured, in alternation\n  --short     a quick proof that everything works; its figures mean little\n`;
}
