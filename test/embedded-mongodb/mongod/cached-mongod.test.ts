import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { DryMongoBinary } from 'mongodb-memory-server';
import { mongodStandIn } from '../mongod-stand-in.js';
import { bareEnv, connected, workplace } from '../workplace.js';

const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

async function cacheName(): Promise<string> {
  return DryMongoBinary.getBinaryName(await DryMongoBinary.generateOptions());
}

test('a mongod that mongodb-memory-server has in its cache is used before the embedded engine', async () => {
  await using place = await workplace();
  const cache = join(place.folder, 'cache');
  const binary = await mongodStandIn(join(cache, await cacheName()));
  await writeFile(`${binary}.md5`, `${md5(await readFile(binary))} *mongod\n`);
  const database = await place.find({ env: bareEnv({ MONGOMS_DOWNLOAD_DIR: cache }) });
  expect(place.lines).toEqual([
    `database: mongod 9.0.0 of mongodb-memory-server (${binary}), data in ${join(place.folder, 'mongodb')}`,
  ]);
  expect(await connected(database.uri, (client) => client.db().command({ ping: 1 }))).toMatchObject({
    ok: 1,
  });
});

test('where it can be reached, mongodb-memory-server downloads a mongod once and the next start finds it', async () => {
  await using place = await workplace();
  await mongodStandIn(join(place.folder, 'archive/mongodb/bin/mongod'));
  const archive = join(place.folder, 'mongodb.tgz');
  await promisify(execFile)('tar', ['-czf', archive, '-C', join(place.folder, 'archive'), 'mongodb']);
  const { server, requests } = await archiveServer(await readFile(archive));
  const env = bareEnv({
    MONGOMS_DOWNLOAD_DIR: join(place.folder, 'cache'),
    MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    MONGOMS_USE_HTTP: 'true',
  });
  const first = await place.find({ env, allowDownload: true }).finally(() => server.close());
  await first.stop();
  const second = await place.find({ env, allowDownload: true });
  expect(first.way).toBe(
    `mongod 9.0.0 of mongodb-memory-server (${join(place.folder, 'cache', await cacheName())}), data in ${join(place.folder, 'mongodb')}`,
  );
  expect(second.way).toBe(first.way);
  expect(requests).toEqual([expect.stringMatching(/\.tgz$/), expect.stringMatching(/\.tgz\.md5$/)]);
});

async function archiveServer(archive: Buffer): Promise<{ server: Server; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const body = request.url?.endsWith('.md5') ? `${md5(archive)}  mongodb.tgz\n` : archive;
    response.setHeader('content-length', body.length).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { server, requests };
}
