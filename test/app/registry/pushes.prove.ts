import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { errorCode } from '../../../src/shared/errors.js';
import {
  digest,
  IMAGE_TYPE,
  layer,
  type Layer,
  manifestOf,
  type RegistryClient,
  registryClient,
} from '../../support/push-image.js';
import type { Ground } from '../../support/registry-ground.js';
import { type RegistryServer, startRegistryServer } from '../../support/registry-server.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
/** What the server may hold in memory above what it holds when nothing happens. */
const MOST_GROWTH = 150 * MIB;

let server: RegistryServer;
const growths: string[] = [];

beforeAll(async () => {
  server = await startRegistryServer();
  const { client, ground } = await fresh();
  await client.pushImage(ground.namespace, 'first', [layer('{}'), layer(randomBytes(MIB))]);
  await server.memory.rest();
});
afterEach(async () => {
  const growth = await server.memory.growth();
  growths.push(`${expect.getState().currentTestName ?? ''}: ${String(Math.round(growth / MIB))} MiB`);
  expect(growth).toBeLessThan(MOST_GROWTH);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  process.stderr.write(`The server grew since its start:\n${growths.join('\n')}\n`);
});

async function fresh(): Promise<{ ground: Ground; client: RegistryClient }> {
  const ground = await server.ground();
  return { ground, client: registryClient(server.url, ground.token) };
}

const sessionsOf = async ({ environmentId }: Ground) =>
  readdir(join(server.dataDir, 'image-uploads', environmentId)).catch(() => []);

/** The bytes that the server keeps of this blob; 0 when it is not there. */
async function kept({ digest: name }: Layer): Promise<number> {
  const hash = name.slice('sha256:'.length);
  return stat(join(server.dataDir, 'blobs', hash.slice(0, 2), hash)).then(
    ({ size }) => size,
    () => 0,
  );
}

async function pulled(client: RegistryClient, name: string, { digest: wanted }: Layer): Promise<string> {
  const answer = await client.ask(`${name}/blobs/${wanted}`);
  return digest(new Uint8Array(await answer.arrayBuffer()));
}

test('two runs push one layer of 200 MB at the same time, and it is kept once', async () => {
  const shared = layer(randomBytes(200 * MIB));
  const before = await sizeOf(join(server.dataDir, 'blobs'));
  const runs = await Promise.all([fresh(), fresh()]);
  const push = ({ client, ground }: (typeof runs)[0]) =>
    client.pushImage(ground.namespace, 'v1', [layer('{}'), shared]);
  const [one, other] = await Promise.all(runs.map(push));
  expect(one?.digest).toBe(other?.digest);
  for (const { client, ground } of runs)
    expect(await pulled(client, ground.namespace, shared)).toBe(shared.digest);
  expect((await sizeOf(join(server.dataDir, 'blobs'))) - before).toBeLessThan(201 * MIB);
});

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => stat(join(folder, name))));
  return sizes.reduce((sum, one) => sum + (one.isFile() ? one.size : 0), 0);
}

test('of 200 MB with a wrong digest nothing is kept', async () => {
  const { client, ground } = await fresh();
  const bytes = randomBytes(200 * MIB);
  const wrong = { bytes, digest: digest(Buffer.from('another one')) };
  const answer = await client.pushBlob(ground.namespace, wrong, 4);
  expect([answer.status, await codeOf(answer)]).toEqual([400, 'DIGEST_INVALID']);
  expect([await sessionsOf(ground), await kept(wrong), await kept(layer(bytes))]).toEqual([[], 0, 0]);
});

const codeOf = async (answer: Response) =>
  ((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code;

test('a push that is cut at ten places continues each time, and sends little twice', async () => {
  const layers = () => [
    layer(randomBytes(1_000)),
    layer(randomBytes(48 * MIB)),
    layer(randomBytes(16 * MIB)),
  ];
  server.proxy.forget();
  await pushContinuing(await fresh(), layers());
  const whole = server.proxy.bytes();
  for (let place = 1; place <= 10; place += 1) {
    const run = await fresh();
    const pushed = layers();
    server.proxy.forget();
    server.proxy.cutAfter(Math.round((whole * place) / 10.5));
    const { breaks } = await pushContinuing(run, pushed);
    expect(breaks).toBeGreaterThan(0);
    // What was on its way when the connection ended is lost.
    expect(server.proxy.bytes()).toBeLessThan(whole * 1.3);
    for (const one of pushed) expect(await pulled(run.client, run.ground.namespace, one)).toBe(one.digest);
    expect(await sessionsOf(run.ground)).toEqual([]);
  }
});

type Runner = Awaited<ReturnType<typeof fresh>>;

/** Pushes an image as clients do that continue after a break. Answers how often that was. */
async function pushContinuing({ client, ground }: Runner, layers: readonly Layer[]) {
  let breaks = 0;
  const again = async (work: () => Promise<unknown>) => {
    for (let done = false; !done;) {
      done = await work().then(
        () => true,
        (error: unknown) => {
          // What `fetch` throws when a connection ends.
          if (!(error instanceof TypeError) || (breaks += 1) > 5) throw error;
          return false;
        },
      );
    }
  };
  const { namespace } = ground;
  for (const one of layers) {
    let path: string | undefined;
    await again(async () => {
      const there = await client.ask(`${namespace}/blobs/${one.digest}`, { method: 'HEAD' });
      if (there.status === 200) return;
      path ??= await begin(client, namespace);
      await continueAt(client, path, one);
    });
  }
  const manifest = manifestOf(layers);
  await again(async () => expect((await client.pushManifest(namespace, 'v1', manifest)).status).toBe(201));
  return { breaks };
}

async function begin(client: RegistryClient, name: string): Promise<string> {
  const begun = await client.ask(`${name}/blobs/uploads/`, { method: 'POST' });
  return (begun.headers.get('location') ?? '').slice('/v2/'.length);
}

/** Asks where the server is, and sends the rest. What was on its way at the break may still be written when it is asked. */
async function continueAt(client: RegistryClient, path: string, { bytes, digest: wanted }: Layer) {
  for (let status = 416; status === 416;) {
    const state = await client.ask(path);
    expect(state.status).toBe(204);
    const end = Number(state.headers.get('range')?.split('-')[1]);
    const offset = end === 0 ? 0 : end + 1;
    const rest = bytes.subarray(offset);
    const headers = { 'content-range': `${String(offset)}-${String(bytes.length - 1)}` };
    if (rest.length === 0) break;
    ({ status } = await client.ask(path, { method: 'PATCH', body: rest, headers }));
    expect([202, 416]).toContain(status);
  }
  expect((await client.ask(`${path}?digest=${wanted}`, { method: 'PUT' })).status).toBe(201);
}

test('twenty pushes that never end are refused at the limit, and nothing of them is left', async () => {
  const runs = await Promise.all(Array.from({ length: 20 }, fresh));
  const endless = async ({ client, ground }: Runner) => {
    const path = await begin(client, ground.namespace);
    const [file = ''] = await sessionsOf(ground);
    // As if the rest had arrived: a file with a hole takes no room.
    await truncate(join(server.dataDir, 'image-uploads', ground.environmentId, file), 10 * GIB - 16 * MIB);
    return pour(`${server.url}/v2/${path}`, ground.token);
  };
  for (const answer of await Promise.all(runs.map(endless)))
    expect(['413 SIZE_INVALID', 'cut off']).toContain(answer);
  for (const { ground } of runs)
    await eventually(() => sessionsOf(ground), {
      until: (open) => open.length === 0,
      otherwise: 'A push that is too large is still there.',
    });
});

/** Sends without an end until an answer comes. Who does not read it in time is cut off. */
async function pour(url: string, token: string): Promise<string> {
  const sent = request(url, { method: 'PATCH', agent: false, headers: { authorization: `Bearer ${token}` } });
  const answered = new Promise<IncomingMessage | null>((resolve, reject) => {
    sent.once('response', resolve);
    sent.on('error', (error) => {
      if (['ECONNRESET', 'EPIPE'].includes(errorCode(error) ?? '')) resolve(null);
      else reject(error);
    });
  });
  let over = false;
  const piece = Buffer.alloc(256 * 1024, 7);
  const more = (): void => {
    while (!over) if (!sent.write(piece)) return void sent.once('drain', more);
  };
  more();
  const answer = await answered;
  over = true;
  const text = answer && (await json(answer).catch(() => null));
  sent.destroy();
  if (!answer || text === null) return 'cut off';
  return `${String(answer.statusCode)} ${(text as { errors: { code: string }[] }).errors[0]?.code ?? ''}`;
}

test('a hundred pushes of one environment run at once, and one more has to wait', async () => {
  const { client, ground } = await fresh();
  const paths = await Promise.all(Array.from({ length: 100 }, () => begin(client, ground.namespace)));
  const refused = await client.ask(`${ground.namespace}/blobs/uploads/`, { method: 'POST' });
  expect([refused.status, await codeOf(refused)]).toEqual([429, 'TOOMANYREQUESTS']);
  const pieces = paths.map(() => layer(randomBytes(4 * MIB)));
  await Promise.all(paths.map((path, index) => continueAt(client, path, pieces[index] ?? layer())));
  expect(await sessionsOf(ground)).toEqual([]);
  for (const piece of pieces) expect(await kept(piece)).toBe(piece.bytes.length);
});

test('manifests that are made to be costly are refused, forty at once', async () => {
  const { client, ground } = await fresh();
  const config = layer('{}');
  await client.pushBlob(ground.namespace, config);
  const image = (more: string) =>
    layer(
      `{"schemaVersion":2,"mediaType":"${IMAGE_TYPE}","config":{"mediaType":"a","digest":"${config.digest}","size":2},${more}}`,
    );
  const room = 4 * MIB - 1_000;
  const times = (piece: string) => piece.repeat(Math.floor(room / piece.length));
  const keys = Array.from({ length: room / 13 }, (_, index) => `"${String(index)}":"1"`).join(',');
  const bombs = [
    image(`"layers":[${times('{},')}{}]`),
    image(`"annotations":{${keys}}`),
    layer(`${'['.repeat(room / 2)}${']'.repeat(room / 2)}`),
    image(`"layers":[${times(`{"mediaType":"a","digest":"${config.digest}","size":2},`)}{}]`),
  ];
  const sent = Array.from({ length: 10 }, () => bombs).flat();
  const answers = await Promise.all(
    sent.map(async (bomb) => (await client.pushManifest(ground.namespace, 'bomb', bomb)).status),
  );
  // Those for which there was no room at that moment may be sent again.
  expect(answers.filter((status) => status !== 400 && status !== 503)).toEqual([]);
  for (const bomb of bombs)
    expect((await client.pushManifest(ground.namespace, 'bomb', bomb)).status).toBe(400);
  expect((await client.ask(`${ground.namespace}/manifests/bomb`)).status).toBe(404);
});
