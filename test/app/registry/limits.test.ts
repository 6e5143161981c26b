import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, symlink, truncate, unlink } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { createHttpServer } from '../../../app/http/server.js';
import { sendBlob } from '../../../app/registry/blobs.js';
import type { BlobStore } from '../../../src/uploads/store.js';
import { IMAGE_TYPE, layer, type RegistryClient, registryClient } from '../../support/push-image.js';
import { type Ground, registryGround } from '../../support/registry-ground.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

let app: TestApp | undefined;
let ground: Ground;
let run: RegistryClient;

beforeEach(async () => {
  app ??= await startApp();
  ground = await registryGround(app.ports, { projectId: 'a'.repeat(24) });
  run = registryClient(app.url, ground.token);
});
afterAll(async () => {
  await app?.close();
});

test('a client that takes nothing of a layer for a while gets the rest of it, and other clients do not wait', async () => {
  const content = randomBytes(64 * MIB);
  const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
  const blobs = { read: () => Readable.from([content]) } as unknown as BlobStore;
  const layerOf = { digest, size: content.length, type: 'application/octet-stream' };
  const notHere = () => undefined;
  const server = createHttpServer(
    () => ({
      siteOf: () => ({ kind: 'app' }),
      ...{ webhooks: notHere, previews: notHere, sockets: notHere, log: notHere },
      registry: (_request, response) => sendBlob({ blobs }, response, layerOf),
      api: (_request, response) => void response.end(content),
    }),
    50,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asking = (path: string) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
    );
    return socket.on('error', () => undefined).pause();
  };
  const cut = async (begin: () => unknown) => {
    const accepted = once(server, 'timeout');
    begin();
    const [socket] = (await accepted) as [Socket];
    if (!socket.destroyed) await once(socket, 'close');
  };
  const client = asking('/v2/layer');
  // So long that clients of other answers have lost their connections.
  for (let others = 0; others < 3; others += 1) await cut(() => asking('/page'));
  const hash = createHash('sha256');
  let bytes = 0;
  let head = '';
  for await (const chunk of client as AsyncIterable<Buffer>) {
    const body = head === '' ? chunk.subarray(chunk.indexOf('\r\n\r\n') + 4) : chunk;
    head ||= chunk.toString('latin1', 0, 12);
    hash.update(body);
    bytes += body.length;
    if (bytes === content.length) break;
  }
  expect([head, `sha256:${hash.digest('hex')}`]).toEqual(['HTTP/1.1 200', digest]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const answerOf = async (response: Response) =>
  [response.status, ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code] as const;

const folder = () => join(app?.dataDir ?? '', 'image-uploads', ground.environmentId);
const open = () => readdir(folder());

/** Begins a push, and pretends that so many bytes of it arrived: a file with a hole takes no room. */
async function begin(bytes: number): Promise<string> {
  const before: readonly string[] = await open().catch(() => []);
  const begun = await run.ask(`${ground.namespace}/blobs/uploads/`, { method: 'POST' });
  const [file = ''] = (await open()).filter((name) => !before.includes(name));
  await truncate(join(folder(), file), bytes);
  return (begun.headers.get('location') ?? '').slice('/v2/'.length);
}

const append = (path: string, body: Buffer) => run.ask(path, { method: 'PATCH', body });

test('a layer may have 10 GiB in all its pieces together, and a push of more is dropped', async () => {
  const path = await begin(10 * GIB - 1_000);
  expect((await append(path, randomBytes(1_000))).status).toBe(202);
  expect(await answerOf(await append(path, randomBytes(1)))).toEqual([413, 'SIZE_INVALID']);
  expect(await open()).toEqual([]);
});

test('open pushes count in what an environment may hold, also while their bytes arrive', async () => {
  await begin(10 * GIB);
  const path = await begin(0);
  await begin(10 * GIB - 16 * MIB);
  expect(await answerOf(await append(path, Buffer.alloc(40 * MIB)))).toEqual([403, 'DENIED']);
  // What it could not take, it does not keep.
  expect(await open()).toHaveLength(2);
  const more = await run.ask(`${ground.namespace}/blobs/uploads/?digest=${layer().digest}`, {
    method: 'POST',
    body: Buffer.alloc(17 * MIB),
  });
  expect(await answerOf(more)).toEqual([403, 'DENIED']);
});

test('a hundred pushes may be open in one environment', async () => {
  const path = `${ground.namespace}/blobs/uploads/`;
  const post = () => run.ask(path, { method: 'POST' });
  const answers = await Promise.all(Array.from({ length: 120 }, post));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(100);
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused).toHaveLength(20);
  expect(await open()).toHaveLength(100);
  const [one] = answers.filter(({ status }) => status === 202);
  const location = (one?.headers.get('location') ?? '').slice('/v2/'.length);
  expect((await run.ask(location, { method: 'DELETE' })).status).toBe(204);
  expect((await post()).status).toBe(202);
});

test('a disk that is full is told as such, and nothing is left', async () => {
  const path = await begin(0);
  const [file = ''] = await open();
  await unlink(join(folder(), file));
  await symlink('/dev/full', join(folder(), file));
  const answer = await append(path, randomBytes(1_000));
  expect(answer.status).toBe(507);
  expect(await answer.text()).toContain('free some disk');
  expect(await open()).toEqual([]);
});

const manifest = (text: string) => run.pushManifest(ground.namespace, 'bomb', layer(text));
const filled = (piece: string) => Array<string>(Math.floor((4 * MIB - 500) / piece.length)).fill(piece);
const image = (more: string) =>
  `{"schemaVersion":2,"mediaType":"${IMAGE_TYPE}","config":{"mediaType":"a","digest":"${layer('').digest}","size":0},${more}}`;

test.each([
  ['a million wrong layers', () => image(`"layers":[${filled('{},').join('')}{}]`)],
  ['a million wrong addresses of a layer', () => image(`"layers":[{"urls":[${filled('1,').join('')}1]}]`)],
  ['half a million wrong annotations', () => image(`"annotations":{${wrongAnnotations()}}`)],
  ['two million levels', () => `${'['.repeat(2 * MIB - 8)}${']'.repeat(2 * MIB - 8)}`],
])('a manifest with %s is refused in a moment', async (_what, make) => {
  const before = process.memoryUsage().rss;
  expect(await answerOf(await manifest(make()))).toEqual([400, 'MANIFEST_INVALID']);
  // The client of this test holds each manifest too.
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
});

function wrongAnnotations(): string {
  return filled('"12345":1,')
    .map((_, index) => `"${String(index)}":1`)
    .join(',')
    .slice(0, 4 * MIB - 1_000)
    .replace(/,[^,]*$/, '');
}
