import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createChannel, createSession } from 'better-sse';
import { mongo } from 'mongoose';
import { z } from 'zod';
import { answerParent } from '../harness/answer-parent.js';

const Body = z.object({
  lines: z.array(z.object({ at: z.string(), stage: z.string(), level: z.string(), text: z.string() })),
});
type Line = z.infer<typeof Body>['lines'][number];

type Contender = (mongodbUri: string) => Promise<RequestListener>;

/** Reads a batch, then `keep`, then 202. */
function receive(keep: (lines: readonly Line[]) => Promise<unknown> | undefined): RequestListener {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { lines } = Body.parse(JSON.parse(Buffer.concat(chunks).toString()));
      Promise.resolve(keep(lines)).then(
        () => response.writeHead(202).end('{}'),
        () => response.writeHead(500).end(),
      );
    });
  };
}

async function collection(mongodbUri: string) {
  const client = await mongo.MongoClient.connect(mongodbUri, { maxPoolSize: 100 });
  return client.db().collection<Omit<Line, 'at'> & { at: Date }>('lines');
}

const DURABLE = { writeConcern: { w: 'majority', journal: true } } as const;
const AT_ONCE = 16;

const documentOf = (line: Line) => ({ ...line, at: new Date(line.at) });

/** A document a line, each written by itself. */
const insertOne: Contender = async (mongodbUri) => {
  const lines = await collection(mongodbUri);
  return receive(async (batch) => {
    const waiting = [...batch];
    const work = async (): Promise<void> => {
      for (let line = waiting.pop(); line; line = waiting.pop())
        await lines.insertOne(documentOf(line), DURABLE);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  });
};

/** A document a line, a batch at once. */
const insertMany: Contender = async (mongodbUri) => {
  const lines = await collection(mongodbUri);
  return receive((batch) => lines.insertMany(batch.map(documentOf), { ordered: false, ...DURABLE }));
};

/** The library that people take for server-sent events. It stores nothing. */
const betterSse: Contender = async () => {
  const channel = createChannel();
  const post = receive((lines) => {
    for (const line of lines) channel.broadcast(line, 'line');
    return undefined;
  });
  const join = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    channel.register(await createSession(request, response));
  };
  return (request, response) => {
    if (request.method === 'POST') post(request, response);
    else void join(request, response);
  };
};

const CONTENDERS: Readonly<Record<string, Contender>> = {
  'insert-one': insertOne,
  'insert-many': insertMany,
  'better-sse': betterSse,
};

const contender = CONTENDERS[process.argv[2] ?? ''];
if (!contender) throw new Error(`There is no log server "${process.argv[2]}".`);
const listener = await contender(z.string().parse(process.env['MONGODB_URI']));
const server = createServer(listener);
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
answerParent({
  ready: { port: (server.address() as AddressInfo).port },
  answers: { cpu: () => process.cpuUsage() },
});
