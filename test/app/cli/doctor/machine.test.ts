import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { database, dataDisk, judgeSpace, mail } from '../../../../app/cli/doctor/machine.js';
import { inspectDatabase } from '../../../../app/store/inspect.js';
import { examine } from '../../../support/examine.js';
import { startMailServer } from '../../../support/mail-server.js';
import { testDatabase } from '../../../support/test-database.js';

const PRODUCTION = { NODE_ENV: 'production', PUBLIC_URL: 'https://vitrine.example.com' };

test('a database that can be used is told with its version, and nothing is written to it', async () => {
  const { uri, name, drop } = testDatabase();
  const client = await mongo.MongoClient.connect(uri);
  try {
    expect(await examine(database, { MONGODB_URI: uri })).toMatchObject({
      state: 'good',
      says: expect.stringMatching(/^MongoDB \d+\.\d+.*journal.* applies \d+ migrations/),
    });
    expect(await examine(database, { MONGODB_URI: uri, ...PRODUCTION })).toMatchObject({ state: 'warning' });
    expect(await client.db(name).listCollections().toArray()).toEqual([]);
    const version = 9_999;
    await client
      .db(name)
      .collection('migrations')
      .insertOne({ version, name: 'of-tomorrow', appliedAt: new Date() });
    expect(await examine(database, { MONGODB_URI: uri })).toMatchObject({
      state: 'failed',
      says: expect.stringMatching(/newer version of this program/),
    });
    expect(await inspectDatabase(uri)).toMatchObject({ newer: 1, isReplicated: false });
  } finally {
    await drop();
    await client.close();
  }
});

test.each([
  ['one that does not answer', { MONGODB_URI: 'mongodb://127.0.0.1:9/x' }, 'failed', /ECONNREFUSED/],
  [
    'an address of something else',
    { MONGODB_URI: 'postgres://127.0.0.1/x' },
    'failed',
    /no address of a MongoDB/,
  ],
  [
    'one of the server itself',
    { PORT: '0', DATA_DIR: '/srv/data' },
    'good',
    /its own database, in \/srv\/data\/mongodb/,
  ],
  ['one of a server in production', { PORT: '0', ...PRODUCTION }, 'warning', /does not survive the loss/],
])('the database: %s', async (_what, env, state, says) => {
  expect(await examine(database, env)).toMatchObject({ state, says: expect.stringMatching(says) });
});

const GIB = 1024 ** 3;

test.each([
  [{ bytes: 50 * GIB, inodes: 1_000_000 }, 'good', /50\.0 GiB and 1,000,000 files/],
  [{ bytes: 50 * GIB, inodes: null }, 'good', /50\.0 GiB\./],
  [{ bytes: 2 * GIB, inodes: 1_000_000 }, 'warning', /2\.0 GiB/],
  [{ bytes: GIB / 2, inodes: 1_000_000 }, 'failed', /0\.5 GiB/],
  [{ bytes: 50 * GIB, inodes: 50_000 }, 'warning', /50,000 files/],
  [{ bytes: 50 * GIB, inodes: 5 }, 'failed', / 5 files/],
])('%j of a disk is %s', (space, state, says) => {
  expect(judgeSpace('/srv', space)).toMatchObject({ state, says: expect.stringMatching(says) });
});

test('the disk of a folder that is not there yet is the one that it will be on; what cannot be a folder is told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  try {
    const DATA_DIR = join(folder, 'not/there/yet');
    expect((await examine(dataDisk, { DATA_DIR })).says).toMatch(`${DATA_DIR} has room for`);
    await writeFile(join(folder, 'file'), '');
    expect(await examine(dataDisk, { DATA_DIR: join(folder, 'file') })).toMatchObject({ state: 'failed' });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a mail server that takes mails is good, and the others are told without the password', async () => {
  expect(await examine(mail)).toMatchObject({ state: 'skipped' });
  await using server = await startMailServer();
  expect(await examine(mail, { SMTP_URL: server.url })).toMatchObject({ state: 'good' });
  const password = createHash('sha256').update('x').digest('hex');
  await server.close();
  const SMTP_URL = server.url.replace('://', `://me:${password}@`);
  const refused = await examine(mail, { SMTP_URL });
  expect(refused).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/^127\.0\.0\.1:\d+ does not take mails/),
  });
  expect(JSON.stringify(refused)).not.toContain(password);
  expect(await examine(mail, { SMTP_URL: 'mail.example.com' })).toMatchObject({ state: 'failed' });
});
