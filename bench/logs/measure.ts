import { z } from 'zod';
import type { Figures } from '../harness/alternate.js';
import type { Child } from '../harness/children.js';
import { type IngestPlan, Ingested, LINES_A_BATCH, type OpenPlan, Watched, type WatchPlan } from './plan.js';
import { BETTER_SSE, logId, type LogServer, OURS, startLogServer, type Surroundings } from './servers.js';

interface Sizes {
  readonly ingestSeconds: number;
  readonly readers: number;
  readonly watchSeconds: number;
}

const SIZES: Readonly<Record<'full' | 'short', Sizes>> = {
  full: { ingestSeconds: 2, readers: 1_000, watchSeconds: 5 },
  short: { ingestSeconds: 0.3, readers: 60, watchSeconds: 0.5 },
};

/** So many builds write at once. */
const WRITERS = 4;

/** Twenty lines a second one by one, and two hundred in tens. The first is not counted: it warms up. */
const PACES = [
  { name: 'warm', lines: 1, batchesPerSecond: 20, share: 0.2 },
  { name: '20', lines: 1, batchesPerSecond: 20, share: 1 },
  { name: '200', lines: 10, batchesPerSecond: 20, share: 1 },
] as const;

/** One program, one round: a fresh process, warmed up, with an empty database. */
export async function measureServer(
  around: Surroundings,
  { name, round }: { name: string; round: number },
): Promise<Figures> {
  const base = `${name.replaceAll('-', '_')}_${round}`;
  const { readers } = SIZES[around.setting.size];
  const server = await startLogServer(around, { name, base, readers, logs: WRITERS + PACES.length });
  try {
    const watched = name === OURS || name === BETTER_SSE ? await watch(around, server) : {};
    if (name === BETTER_SSE) return watched;
    const { perSecond, batches } = await ingest(around, server);
    await server.child.kill();
    if (name === OURS) await checkKept(around, { base, batches });
    return { ...watched, ingest: perSecond };
  } finally {
    await server.child.kill();
    await around.database.client.db(base).dropDatabase();
  }
}

/** The first batches warm it up. */
async function ingest({ setting, load }: Surroundings, { port, logs }: LogServer) {
  const ask = (seconds: number, firstBatch: number): Promise<Ingested> => {
    const given: IngestPlan = { port, logs: logs.slice(0, WRITERS), seconds, firstBatch };
    return load.ask({ question: 'ingest', given, schema: Ingested });
  };
  const { ingestSeconds } = SIZES[setting.size];
  const warm = await ask(ingestSeconds / 4, 0);
  const { seconds, batches } = await ask(ingestSeconds, Math.max(...warm.batches));
  const lines = batches.reduce((sum, count) => sum + count, 0) * LINES_A_BATCH;
  return {
    perSecond: lines / seconds,
    batches: batches.map((count, index) => count + (warm.batches[index] ?? 0)),
  };
}

async function watch({ setting, load }: Surroundings, server: LogServer): Promise<Figures> {
  const { watchSeconds } = SIZES[setting.size];
  const { port, child, readers, logs } = server;
  const figures: Record<string, number> = {};
  for (const [index, { name, share, ...pace }] of PACES.entries()) {
    const log = logs[WRITERS + index];
    if (!log) throw new Error('There is no log to watch.');
    const opened: OpenPlan = { port, log, readers: [...readers] };
    await load.ask({ question: 'open', given: opened, schema: z.null() });
    const given: WatchPlan = { port, log, ...pace, seconds: watchSeconds * share };
    const before = await cpuOf(child);
    const { p50, p99, lines } = await load.ask({ question: 'watch', given, schema: Watched });
    const used = (await cpuOf(child)) - before;
    if (name === 'warm') continue;
    figures[`p50 ${name}`] = p50;
    figures[`p99 ${name}`] = p99;
    figures[`cpu ${name}`] = used / (lines * readers.length);
  }
  return figures;
}

const Cpu = z.object({ user: z.number(), system: z.number() });

/** In microseconds. */
async function cpuOf(child: Child): Promise<number> {
  const { user, system } = await child.ask({ question: 'cpu', schema: Cpu });
  return user + system;
}

/** Killed in the middle: every acknowledged line must be there, under its number. The middle of a long log is not kept. */
async function checkKept(
  { database }: Surroundings,
  { base, batches }: { base: string; batches: readonly number[] },
): Promise<void> {
  const chunks = database.client.db(base).collection<{ seq: number; count: number }>('logs');
  for (const [index, count] of batches.entries()) {
    const [last] = await chunks
      .find({ deploymentId: logId(index) })
      .sort({ seq: -1 })
      .limit(1)
      .toArray();
    const lines = last ? last.seq + last.count - 1 : 0;
    if (lines !== count * LINES_A_BATCH)
      throw new Error(`${base}: log ${index} has ${lines} lines after ${count} batches.`);
  }
}
