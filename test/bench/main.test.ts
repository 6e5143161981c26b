import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { allowed } from '../support/allowed.js';

const ENTRY = join(process.cwd(), 'build/bench/main.js');
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

test.each(['webhooks', 'visible', 'upload', 'action', 'serving'])(
  'the benchmark "%s" runs in its short form, compares, and ends by itself',
  async (name) => {
    const { code, output, errors } = await bench([name, '--short']);
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
  allowed(180_000),
);

test('without a name the benchmarks are listed', async () => {
  const { code, output } = await bench([]);
  expect(code).toBe(0);
  for (const name of ['webhooks', 'visible', 'upload', 'action', 'serving'])
    expect(output).toContain(`  ${name} `);
});

test('a name that is not known is refused', async () => {
  const { code, errors } = await bench(['webhook']);
  expect(code).toBe(1);
  expect(errors).toContain('There is no benchmark "webhook".');
});

test('a benchmark that is stopped leaves no files behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-stopped-'));
  const child = spawn(process.execPath, [ENTRY, 'upload', '--short'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder },
  });
  child.stderr.once('data', () => child.kill('SIGTERM'));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(1);
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

function bench(args: readonly string[]): Promise<{ code: number | null; output: string; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [ENTRY, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.once('error', reject).once('close', (code) => resolve({ code, output, errors }));
  });
}
