import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { BENCHES } from '../../bench/catalog.js';
import { BENCH_ENTRY, runBenchmark } from '../support/run-benchmark.js';

test('without a name the benchmarks are listed', async () => {
  const { code, output } = await runBenchmark([]);
  expect(code).toBe(0);
  for (const name of BENCHES.keys()) expect(output).toContain(`  ${name} `);
});

test('a name that is not known is refused', async () => {
  const { code, errors } = await runBenchmark(['webhook']);
  expect(code).toBe(1);
  expect(errors).toContain('There is no benchmark "webhook".');
});

test('a benchmark whose program is not here says how to get it', async () => {
  const { code, errors } = await runBenchmark(['registry', '--short'], { PATH: '/nowhere' });
  expect(code).toBe(1);
  expect(errors).toContain('This benchmark needs skopeo: apt-get install skopeo.');
});

test('a benchmark that is stopped leaves no files behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-stopped-'));
  const child = spawn(process.execPath, [BENCH_ENTRY, 'upload', '--short'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', TMPDIR: folder },
  });
  child.stderr.once('data', () => child.kill('SIGTERM'));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code).toBe(1);
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});
