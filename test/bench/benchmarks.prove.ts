import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { BENCHES } from '../../bench/catalog.js';
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

test.each([...BENCHES.keys()])(
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
