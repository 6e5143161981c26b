import { mongo } from 'mongoose';
import { z } from 'zod';
import type { Setting } from '../harness/setting.js';

/** One database server for a whole run; each contender gets a database of its own. */
export interface Database {
  readonly way: string;
  address(name: string): string;
  client: mongo.MongoClient;
  /** How many commands were carried out so far. */
  commands(): Promise<Commands>;
  stop(): Promise<void>;
}

export interface Commands {
  /** `insert` commands: each is one write to the disk, however many documents it brings. */
  readonly inserts: number;
  /** All that read or write documents. */
  readonly all: number;
}

const Ready = z.object({ uri: z.string(), way: z.string() });
const Counter = z.object({ total: z.coerce.number() }).default({ total: 0 });
const Status = z.object({
  metrics: z.object({
    commands: z.object({
      insert: Counter,
      update: Counter,
      delete: Counter,
      find: Counter,
      findAndModify: Counter,
      aggregate: Counter,
      bulkWrite: Counter,
    }),
  }),
});

export async function startDatabase({ children, scratch }: Setting): Promise<Database> {
  const child = await children.start('database/main.js', {
    args: [await scratch.disk('database')],
    core: 'beside',
  });
  const { uri, way } = Ready.parse(child.ready);
  const client = await mongo.MongoClient.connect(uri);
  return {
    way,
    client,
    address: (name) => withName(uri, name),
    async commands() {
      const { commands } = Status.parse(await client.db('admin').command({ serverStatus: 1 })).metrics;
      const all = Object.values(commands).reduce((sum, { total }) => sum + total, 0);
      return { inserts: commands.insert.total, all };
    },
    async stop() {
      await client.close();
      await child.stop();
    },
  };
}

function withName(uri: string, name: string): string {
  const address = new URL(uri);
  address.pathname = `/${name}`;
  return address.href;
}
