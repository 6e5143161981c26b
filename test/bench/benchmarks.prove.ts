import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { BENCHES } from '../../bench/catalog.js';
import { createFindProgram } from '../../bench/harness/programs.js';
import { runBenchmark } from '../support/run-benchmark.js';

const Result = z.object({
  bench: z.string(),
  rows: z
    .array(
      z.object({
        what: z.string(),
        ours: z.number(),
        theirs: z.number().nullable(),
        ratio: z.object({ median: z.number() }).nullable(),
      }),
    )
    .min(4),
});

/** Some need a program of the system, and that for containers an engine. */
const find = createFindProgram(process.env['PATH'] ?? '');
const isHere = (program: string) =>
  find(program) !== null && (program !== 'docker' || process.env['DOCKER_HOST'] !== undefined);
const [here, away] = [true, false].map((wanted) =>
  [...BENCHES]
    .filter(([, { needs = {} }]) => Object.keys(needs).every(isHere) === wanted)
    .map(([name]) => name),
) as [string[], string[]];

if (away.length > 0)
  test.skip.each(away)('the benchmark "%s" needs a program that is not here', () => undefined);

test.each(here)(
  'the benchmark "%s" runs in its short form, compares, and ends by itself',
  async (name) => {
    const { code, output, errors } = await runBenchmark([name, '--short']);
    expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' });
    const lines = output.trim().split('\n');
    const { bench: named, rows } = Result.parse(JSON.parse(lines.at(-1) ?? ''));
    expect(named).toBe(name);
    expect(lines.filter((line) => line.startsWith('| P'))).toHaveLength(rows.length);
    for (const { ours, ratio } of rows) {
      expect(ours).toBeGreaterThan(0);
      // Null: that peer is not on this machine, which the table says.
      if (ratio) expect(Number.isFinite(ratio.median)).toBe(true);
    }
    expect(rows.some(({ ratio }) => ratio !== null)).toBe(true);
  },
  180_000,
);
