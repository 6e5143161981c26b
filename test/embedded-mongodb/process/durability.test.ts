import { expect, test } from '@jest/globals';
import type { mongo } from 'mongoose';
import { connected, until, workplace } from '../workplace.js';

type Rows = mongo.Collection<{ readonly _id: string }>;
/** `turn`: as the how manieth its reply came. */
type Acknowledged = { readonly id: string; readonly turn: number };

const DURABLE = { writeConcern: { w: 'majority', j: true } } as const;
const WRITES = [
  (rows: Rows, id: string) => rows.insertOne({ _id: id }),
  (rows: Rows, id: string) => rows.updateOne({ _id: id }, { $set: { n: 1 } }, { upsert: true }),
  (rows: Rows, id: string) => rows.findOneAndUpdate({ _id: id }, { $set: { n: 1 } }, { upsert: true }),
] as const;
const WRITERS_OF_EACH = 3;
/** After how many acknowledged writes each kill comes; the first write of all also makes the collection. */
const KILLS = [1, 10, 50, 100, 200, 400, 800];
const WRITES_ONE_BY_ONE = 300;
/** So many kills in so little time would make the pauses long. */
const QUICK = { firstPauseMs: 100, longestPauseMs: 500, giveUpMs: 120_000, steadyMs: 60_000 };

test('no write is acknowledged before the journal was flushed for it', async () => {
  await using place = await workplace();
  const { uri } = await place.find();
  await connected(uri, async (client) => {
    const rows: Rows = client.db().collection('rows', DURABLE);
    await rows.insertOne({ _id: 'makes the collection' });
    for (const write of WRITES) {
      const before = await flushes(client);
      for (let n = 0; n < WRITES_ONE_BY_ONE; n++) await write(rows, `${WRITES.indexOf(write)}-${n}`);
      expect((await flushes(client)) - before).toBeGreaterThanOrEqual(WRITES_ONE_BY_ONE);
    }
  });
});

test('acknowledged writes survive every kill -9 of the engine, which comes back at the same address', async () => {
  await using place = await workplace();
  const { uri } = await place.find({ patience: QUICK });
  for (const writes of KILLS) {
    const pid = await place.serverPid();
    const name = `rows-${writes}`;
    const acknowledged = await connected(uri, (client) =>
      writeUntilKilled(client.db().collection(name, DURABLE), { writes, pid }),
    );
    await until(async () => (await place.serverPid()) !== pid);
    expect(place.lines.at(-1)).toBe('database: the embedded engine ended (SIGKILL); starting it again');

    const found = await connected(uri, (client) => client.db().collection(name).distinct('_id'));
    const kept = new Set<unknown>(found);
    const lost = acknowledged
      .filter(({ id }) => !kept.has(id))
      .map(({ id, turn }) => `${id}: its reply was number ${turn}, the kill came after number ${writes}`);
    const of = acknowledged.length;
    expect({ kill: name, of, lost }).toEqual({ kill: name, of, lost: [] });
    expect(of).toBeGreaterThanOrEqual(writes);
  }
});

/** How often the engine has waited for the disk to take its journal. */
async function flushes(client: mongo.MongoClient): Promise<number> {
  const status = await client.db('admin').command({ serverStatus: 1 });
  const { log } = status['wiredTiger'] as { log: Record<string, number> };
  return Number(log['log sync operations']);
}

/** Kills in the very turn in which the last write is acknowledged: a flush that was only begun has had no time to end. */
async function writeUntilKilled(
  rows: Rows,
  { writes, pid }: { writes: number; pid: number },
): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  let killed = false;
  const acknowledge = (id: string): void => {
    acknowledged.push({ id, turn: acknowledged.length + 1 });
    if (killed || acknowledged.length < writes) return;
    process.kill(pid, 'SIGKILL');
    killed = true;
  };
  const writer = async (name: string, write: (typeof WRITES)[number]): Promise<void> => {
    for (let n = 0; !killed; n++) {
      await write(rows, `${name}-${n}`);
      acknowledge(`${name}-${n}`);
    }
  };
  // A write that the kill cut off was never acknowledged; one that fails before it is a fault.
  const cutOff = (error: unknown): void => {
    if (!killed) throw error;
  };
  const writers = WRITES.flatMap((write, kind) =>
    Array.from({ length: WRITERS_OF_EACH }, (_, number) => writer(`${kind}-${number}`, write).catch(cutOff)),
  );
  await Promise.all(writers);
  return acknowledged;
}
