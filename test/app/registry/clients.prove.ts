import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ImageClient, IMAGE_CLIENTS, isInstalled } from '../../support/image-clients.js';
import { registryClient } from '../../support/push-image.js';
import type { Ground } from '../../support/registry-ground.js';
import { type RegistryServer, startRegistryServer } from '../../support/registry-server.js';

const MIB = 1024 ** 2;
/** What the server may hold in memory above what it holds when nothing happens. */
const MOST_GROWTH = 150 * MIB;
const BASE = 5;

/** 500 MB: what seldom changes, and the program. */
const base = new Map(
  Array.from({ length: BASE }, (_, index) => [`base-${String(index)}`, randomBytes(98 * MIB)]),
);
const program = randomBytes(10 * MIB);
const imageWith = (line: string) =>
  new Map([...base, ['program', Buffer.concat([Buffer.from(`${line}\n`), program])]]);

const CLIENTS = ['docker', 'skopeo', 'buildah'] as const;

describe.each(CLIENTS)('%s', (name) => {
  const here = isInstalled(name) && (name !== 'docker' || process.env['DOCKER_HOST'] !== undefined);
  if (!here) {
    if (process.env['CI'])
      throw new Error(`There is no ${name}: install it, and set DOCKER_HOST for docker.`);
    test.skip(`${name} is not on this machine, or has no engine: install it for this proof`, () => undefined);
    return;
  }
  let server: RegistryServer;
  let ground: Ground;
  let folder: string;
  let client: ImageClient;

  beforeAll(async () => {
    server = await startRegistryServer();
    ground = await server.ground();
    folder = await mkdtemp(join(tmpdir(), `vitrine-${name}-`));
    const { host } = server;
    client = await IMAGE_CLIENTS[name]({ host, repository: ground.namespace, token: ground.token, folder });
    // Code that runs for the first time takes memory once.
    const first = await client.push('first', new Map([['first', randomBytes(MIB)]]));
    await client.pull(first);
    await server.memory.rest();
  });
  afterAll(async () => {
    await client.close();
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('pushes 500 MB, after a changed line its layer only, and pulls the same image', async () => {
    server.proxy.forget();
    const first = await client.push('v1', imageWith('version 1'));
    const whole = server.proxy.bytes();
    const { size, last } = await sizesOf(first);
    expect(whole).toBeGreaterThan(size);
    expect(whole).toBeLessThan(size * 1.02);

    server.proxy.forget();
    const second = await client.push('v2', imageWith('version 2'));
    const changed = server.proxy.bytes();
    expect(second).not.toBe(first);
    expect(changed).toBeGreaterThan(last);
    expect(changed).toBeLessThan(last * 1.02);

    server.proxy.forget();
    await client.push('v2', imageWith('version 2'));
    expect(server.proxy.bytes()).toBeLessThan(last * 0.02);

    expect(await client.pull(second)).toBe(second);
    const growth = await server.memory.growth();
    const figures = [whole, changed, growth].map((bytes) => (bytes / MIB).toFixed(2));
    process.stderr.write(
      `${name}: ${figures[0] ?? ''} MiB first, ${figures[1] ?? ''} MiB after a changed line, server +${figures[2] ?? ''} MiB\n`,
    );
    expect(growth).toBeLessThan(MOST_GROWTH);
  });

  /** Of all layers as they were pushed, and of the last one, in which the line is. */
  async function sizesOf(digest: string) {
    const reader = registryClient(server.url, ground.token);
    const answer = await reader.ask(`${ground.namespace}/manifests/${digest}`);
    const { layers } = (await answer.json()) as { layers: { size: number }[] };
    return { size: layers.reduce((sum, one) => sum + one.size, 0), last: layers.at(-1)?.size ?? 0 };
  }
});
