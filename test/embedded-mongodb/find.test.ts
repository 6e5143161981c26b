import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { cachedMongod, systemMongod } from '../../embedded-mongodb/mongod/find-mongod.js';
import type { LocalWay } from '../../embedded-mongodb/process/database.js';
import { mongodStandIn } from './mongod-stand-in.js';
import { bareEnv, connected, workplace } from './workplace.js';

const ping = (uri: string): Promise<unknown> => connected(uri, (client) => client.db().command({ ping: 1 }));

test('the address in MONGODB_URI wins over everything, is used as it is, and its password is not logged', async () => {
  await using place = await workplace();
  const folder = join(place.folder, 'bin');
  await mongodStandIn(join(folder, 'mongod'));
  const uri = 'mongodb://ana:s3cret@db.example.com:27017,other.example.com/app?replicaSet=rs';
  const database = await place.find({ uri, env: bareEnv({ PATH: folder }) });
  expect(database.uri).toBe(uri);
  expect(place.lines).toEqual(['database: MONGODB_URI (db.example.com:27017,other.example.com)']);
  expect(existsSync(join(place.folder, 'mongodb'))).toBe(false);
});

test.each(['localhost:27017', 'http://localhost', 'mongodb://', 'mongodb:///name'])(
  'an address like %p is refused with a remedy',
  async (uri) => {
    await using place = await workplace();
    await expect(place.find({ uri })).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('mongodb+srv://'),
    });
  },
);

test('a mongod on the PATH is used before the embedded engine', async () => {
  await using place = await workplace();
  const binary = await mongodStandIn(join(place.folder, 'bin/mongod'));
  const database = await place.find({ env: bareEnv({ PATH: `/usr/bin:${join(place.folder, 'bin')}` }) });
  expect(place.lines).toEqual([`database: ${database.way}`]);
  expect(database.way).toBe(
    `mongod 9.0.0 from the PATH (${binary}), data in ${join(place.folder, 'mongodb')}`,
  );
  expect(await ping(database.uri)).toMatchObject({ ok: 1 });
});

test('a mongod that is too old for us never gets the data directory, and that is told', async () => {
  await using place = await workplace();
  const binary = join(place.folder, 'bin/mongod');
  await mongodStandIn(binary, '5.0.31');
  const database = await place.find({ env: bareEnv({ PATH: `/usr/bin:${join(place.folder, 'bin')}` }) });
  expect(place.lines).toEqual([
    `database: a mongod cannot be used: ${binary} has version 5.0.31, and Vitrine needs 6.0 or newer`,
    `database: embedded engine, data in ${join(place.folder, 'mongodb')}`,
  ]);
  expect(await ping(database.uri)).toMatchObject({ ok: 1 });
});

test('without any mongod the embedded engine is used, and that is told in one line', async () => {
  await using place = await workplace();
  const database = await place.find();
  expect(place.lines).toEqual([`database: embedded engine, data in ${join(place.folder, 'mongodb')}`]);
  expect(database.uri).toMatch(/^mongodb:\/\/127\.0\.0\.1:\d+\/vitrine\?directConnection=true$/);
  expect(await ping(database.uri)).toMatchObject({ ok: 1 });
});

test('data written by the embedded engine is still there when a mongod appears on the PATH later', async () => {
  await using place = await workplace();
  const first = await place.find();
  await connected(first.uri, (client) => client.db().collection('kept').insertOne({ n: 1 }));
  await first.stop();
  await mongodStandIn(join(place.folder, 'bin/mongod'));
  const second = await place.find({ env: bareEnv({ PATH: join(place.folder, 'bin') }) });
  expect(second.way).toContain('embedded engine');
  expect(await connected(second.uri, (client) => client.db().collection('kept').countDocuments())).toBe(1);
});

test('when nothing works, one error says what was tried and what to do', async () => {
  await using place = await workplace();
  const noEngine: LocalWay = {
    engine: 'embedded',
    start: async () => ({ missing: 'the engine needs glibc 2.38' }),
  };
  const attempt = place.find({
    env: bareEnv({ PATH: place.folder }),
    ways: [systemMongod, cachedMongod, noEngine],
  });
  await expect(attempt).rejects.toMatchObject({ code: 'unavailable' });
  await expect(attempt).rejects.toThrow(
    /MONGODB_URI is not set\n.*no mongod is on the PATH\n.*mongodb-memory-server.*\n.*glibc 2\.38\nSet MONGODB_URI/,
  );
  expect(place.lines).toEqual([]);
});

test('a data directory that cannot be used is told in one sentence, without a stack', async () => {
  await using place = await workplace();
  const file = join(place.folder, 'a-file');
  await writeFile(file, '');
  await expect(place.find({ dataDir: file })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringMatching(/a-file\/mongodb cannot be used \(ENOTDIR\).*DATA_DIR/),
  });
});

test('a mongod that can no longer be found is named when only it can read the data', async () => {
  await using place = await workplace();
  await mongodStandIn(join(place.folder, 'bin/mongod'));
  const database = await place.find({ env: bareEnv({ PATH: join(place.folder, 'bin') }) });
  await database.stop();
  await expect(place.find()).rejects.toThrow(/was written by mongod, so only that can read it/);
});
