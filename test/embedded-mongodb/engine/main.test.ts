import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { nodeForEngine } from '../../../embedded-mongodb/engine/glibc.js';
import { programEntry } from '../../../embedded-mongodb/process/run.js';
import { connected } from '../workplace.js';

type Program = AsyncDisposable & {
  readonly child: ChildProcess;
  readonly directory: string;
  output(): string;
};

async function program(flags: string[], stdin: 'pipe' | 'ignore' = 'pipe'): Promise<Program> {
  const node = await nodeForEngine({ env: process.env, log: () => undefined });
  const directory = await mkdtemp(join(tmpdir(), 'vitrine-engine-'));
  const args = [...node.args, programEntry('engine/main.js'), '--dbpath', directory, ...flags];
  const child = spawn(node.command, args, {
    stdio: [stdin, 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    child,
    directory,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function port({ child, output }: Program): Promise<number> {
  while (!/connections on port \d+/.test(output())) await once(child.stdout ?? child, 'data');
  return Number(/port (\d+)/.exec(output())?.[1]);
}

test('--version answers like mongod and opens nothing', async () => {
  await using engine = await program(['--version']);
  expect(await once(engine.child, 'close')).toEqual([0, null]);
  expect(engine.output()).toMatch(/^db version v\d+\.\d+\.\d+\S*\n$/);
});

test('a flag it cannot obey ends it with a reason and a code', async () => {
  await using engine = await program(['--bind_ip', '0.0.0.0']);
  expect(await once(engine.child, 'close')).toEqual([1, null]);
  expect(engine.output()).toMatch(/^--bind_ip must be 127\.0\.0\.1.*\n$/);
});

test('a second engine on one directory ends with mongod’s own code for that', async () => {
  await using first = await program(['--port', '0']);
  await port(first);
  await using second = await program(['--port', '0', '--dbpath', first.directory]);
  expect(await once(second.child, 'close')).toEqual([100, null]);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends it cleanly, and a waiting client gets its answer first',
  async (signal) => {
    await using engine = await program(['--port', '0']);
    const uri = `mongodb://127.0.0.1:${await port(engine)}/app?directConnection=true`;
    const ended = once(engine.child, 'close');
    await connected(uri, async (client) => {
      await client.db().collection('things').insertOne({ n: 1 });
      engine.child.kill(signal);
      expect(await ended).toEqual([0, null]);
    });
  },
);

test('it ends when the process that started it is gone, and stays when it was started without one', async () => {
  await using watched = await program(['--port', '0']);
  await port(watched);
  watched.child.stdin?.destroy();
  expect(await once(watched.child, 'close')).toEqual([0, null]);

  await using alone = await program(['--port', '0'], 'ignore');
  expect(
    await connected(`mongodb://127.0.0.1:${await port(alone)}/app`, (client) =>
      client.db().command({ ping: 1 }),
    ),
  ).toMatchObject({ ok: 1 });
});

test('documents up to the limit of 16 MB pass, several in one message', async () => {
  await using engine = await program(['--port', '0']);
  const size = await connected(`mongodb://127.0.0.1:${await port(engine)}/app`, async (client) => {
    const things = client.db().collection('things');
    await things.insertMany([{ text: 'a'.repeat(15_000_000) }, { text: 'b'.repeat(15_000_000) }]);
    const found = await things.find().toArray();
    return found.map((thing) => (thing['text'] as string).length);
  });
  expect(size).toEqual([15_000_000, 15_000_000]);
});
