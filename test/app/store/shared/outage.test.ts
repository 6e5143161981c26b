import { afterAll, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { connectStore } from '../../../../app/store/connect.js';
import { openConnection } from '../../../../app/store/open-connection.js';
import { asVitrineError } from '../../../../app/store/shared/outage.js';
import type { EnvironmentStatus } from '../../../../src/shared/status/words.js';
import { delivery, newEnvironment } from '../../../support/builders.js';
import { openTestStore } from '../../../support/open-test-store.js';
import { testDatabase } from '../../../support/test-database.js';
import { connected, workplace } from '../../../embedded-mongodb/workplace.js';
import { breakableWire } from '../breakable-wire.js';
import { silent } from '../empty-stores.js';

const database = testDatabase();
afterAll(() => database.drop());

test('with too little free disk space for the indexes, the start ends with a sentence that helps', async () => {
  await using place = await workplace();
  const { uri } = await place.find();
  const everything = { setParameter: 1, indexBuildMinAvailableDiskSpaceMB: 8_388_608 };
  await connected(uri, (client) => client.db('admin').command(everything));
  await expect(connectStore({ uri, log: silent })).rejects.toMatchObject({
    code: 'disk_full',
    message: expect.stringMatching(/500 MB.*DATA_DIR.*MONGODB_URI/),
  });
});

test('whoever finds every connection in use by a database that hangs is told so', async () => {
  const wire = await breakableWire(database.uri);
  const client = new mongo.MongoClient(wire.uri, {
    maxPoolSize: 1,
    // Long enough for the first connection on a busy machine.
    waitQueueTimeoutMS: 2_000,
    retryReads: false,
  });
  const things = client.db().collection('things');
  await things.findOne();
  wire.hang();
  const hanging = things.findOne().catch((error: unknown) => error);
  const waiting = await things.findOne().catch((error: unknown) => error);
  expect(asVitrineError(waiting)).toMatchObject({ code: 'unavailable', cause: waiting });
  await wire.cut();
  expect(asVitrineError(await hanging)).toMatchObject({ code: 'unavailable' });
  await client.close();
});

test('nobody waits longer for a connection than for a server', async () => {
  const connection = await openConnection({ uri: database.uri, log: silent });
  const { waitQueueTimeoutMS, serverSelectionTimeoutMS, connectTimeoutMS, socketTimeoutMS } =
    connection.getClient().options;
  await connection.destroy();
  // GitHub waits ten seconds for the answer to a delivery.
  expect([serverSelectionTimeoutMS, connectTimeoutMS, waitQueueTimeoutMS]).toEqual([3_000, 3_000, 3_000]);
  expect(socketTimeoutMS).toBe(8_000);
});

test('a document that the database refuses is a fault of the program, which names the fields and not their values', async () => {
  const store = await openTestStore();
  const made = await store.stores.environments.ensure(newEnvironment());
  const change = store.stores.environments.change(made, {
    patch: { status: 'secret' as EnvironmentStatus },
    due: [],
  });
  const failure: unknown = await change.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'internal', message: expect.stringContaining('a wrong "status"') });
  expect(String(failure)).not.toContain('secret');
  const lacking = delivery({ event: undefined as unknown as string });
  await expect(store.stores.inbox.store([lacking])).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('without "event"'),
  });
  await store.close();
});
