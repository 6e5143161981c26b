import { setTimeout as sleep } from 'node:timers/promises';
import { DELIVERY_STATUS } from '../../src/shared/status/words.js';
import type { Figures } from '../harness/alternate.js';
import type { LoadPlan, LoadResult } from '../load/plan.js';
import { OURS, startReceiver, type Receiver, type Surroundings } from './receivers.js';

export const CONNECTIONS = [4, 32, 128] as const;

interface Sizes {
  readonly warmUp: number;
  readonly alone: number;
  readonly openSeconds: number;
  readonly burst: number;
  readonly applied: number;
  readonly seconds: number;
}

const SIZES: Readonly<Record<'full' | 'short', Sizes>> = {
  full: { warmUp: 600, alone: 60, openSeconds: 1.5, burst: 200, applied: 256, seconds: 1 },
  short: { warmUp: 50, alone: 10, openSeconds: 0.3, burst: 30, applied: 16, seconds: 0.25 },
};

const APPLIED_WITHIN_MS = 20_000;

/** One receiver, one round: a fresh process, warmed up, then everything that is asked of it, gentle things first. */
export async function measureReceiver(
  around: Surroundings,
  { name, round }: { name: string; round: number },
): Promise<Figures> {
  const base = `${name.replaceAll('-', '_')}_${round}`;
  const receiver = await startReceiver(around, { name, base });
  const bench = createPhases(around, receiver);
  const sizes = SIZES[around.setting.size];
  try {
    await bench.send('warm', { connections: 32, count: sizes.warmUp });
    await bench.rest(name);
    const alone = await bench.counted('alone', { event: 'watch', connections: 1, count: sizes.alone });
    const open = await bench.send('open', { connections: 32, perSecond: 300, seconds: sizes.openSeconds });
    await bench.rest(name);
    const burst = await bench.send('burst', { connections: 64, count: sizes.burst });
    await bench.rest(name);
    const applied = await bench.applied(name, sizes.applied);
    const figures: Record<string, number> = {
      'commands alone': alone.inserts,
      'open p50': open.p50,
      'open p99': open.p99,
      burst: burst.seconds * 1000,
      applied,
    };
    for (const connections of CONNECTIONS) {
      const { result, inserts } = await bench.counted(`at${connections}`, {
        connections,
        seconds: sizes.seconds,
      });
      figures[`acks ${connections}`] = result.accepted / result.seconds;
      figures[`p99 ${connections}`] = result.p99;
      figures[`commands ${connections}`] = inserts;
    }
    return figures;
  } finally {
    await receiver.kill();
    if (name === OURS) await bench.checkKept();
    await around.database.client.db(base).dropDatabase();
  }
}

type Wanted = Pick<LoadPlan, 'connections'> & Partial<LoadPlan>;

function createPhases({ load, credentials, database }: Surroundings, { port, base }: Receiver) {
  const accepted = new Map<string, number>();
  const inbox = database.client.db(base).collection<{ _id: string; status: string }>('webhookDeliveries');
  let firstRepository = 1;

  async function send(phase: string, wanted: Wanted): Promise<LoadResult> {
    const plan = {
      event: 'pull_request',
      firstRepository,
      prefix: phase,
      port,
      secret: credentials.secret,
      ...wanted,
    };
    firstRepository += plan.connections;
    const result = await load(plan);
    accepted.set(phase, result.accepted);
    return result;
  }

  async function counted(phase: string, wanted: Wanted): Promise<{ result: LoadResult; inserts: number }> {
    const before = await database.commands();
    const result = await send(phase, wanted);
    const after = await database.commands();
    return { result, inserts: (after.inserts - before.inserts) / result.sent };
  }

  /** Ours answers first and works afterwards; the next measurement begins when it is done. */
  async function rest(name: string): Promise<void> {
    const until = performance.now() + APPLIED_WITHIN_MS;
    while (name === OURS && (await inbox.countDocuments({ status: DELIVERY_STATUS.stored })) > 0) {
      if (performance.now() > until) throw new Error(`${base}: webhooks are not worked on.`);
      await sleep(10);
    }
  }

  /** Until the documents say what the webhooks said. */
  async function applied(name: string, count: number): Promise<number> {
    const started = performance.now();
    await send('applied', { connections: 32, count });
    await rest(name);
    return (count * 1000) / (performance.now() - started);
  }

  /** Killed in the middle: whatever was answered with 2xx must be there. */
  async function checkKept(): Promise<void> {
    for (const [phase, count] of accepted) {
      const kept = await inbox.countDocuments({ _id: { $regex: `^${phase}-` } });
      if (kept < count)
        throw new Error(`${base}: of ${count} accepted webhooks ("${phase}") only ${kept} were kept.`);
    }
  }

  return { send, counted, rest, applied, checkKept };
}
