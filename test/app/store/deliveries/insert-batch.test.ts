import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { insertBatch } from '../../../../app/store/deliveries/store.js';
import { testDatabase } from '../../../support/test-database.js';
import { breakableWire } from '../breakable-wire.js';

const database = testDatabase();
let client: mongo.MongoClient;
let collection: mongo.Collection<{ _id: string; n: number }>;

beforeAll(async () => {
  client = await mongo.MongoClient.connect(database.uri);
  collection = await client.db(database.name).createCollection('batch', { validator: { n: { $gte: 0 } } });
});

afterAll(async () => {
  await client.close();
  await database.drop();
});

test('a batch tells which of its documents were there already, and stores the others', async () => {
  expect(
    await insertBatch(
      collection,
      ['a', 'b'].map((_id) => ({ _id, n: 1 })),
    ),
  ).toEqual([]);
  expect(
    await insertBatch(
      collection,
      ['b', 'c', 'a', 'c'].map((_id) => ({ _id, n: 2 })),
    ),
  ).toEqual([0, 2, 3]);
  expect(await collection.find().sort({ _id: 1 }).toArray()).toEqual([
    { _id: 'a', n: 1 },
    { _id: 'b', n: 1 },
    { _id: 'c', n: 2 },
  ]);
});

test('a batch with a document that the database refuses for another reason is not stored', async () => {
  await insertBatch(collection, [{ _id: 'there', n: 1 }]);
  const batch = [
    { _id: 'there', n: 1 },
    { _id: 'refused', n: -1 },
    { _id: 'good', n: 1 },
  ];
  await expect(insertBatch(collection, batch)).rejects.toThrow();
  await expect(insertBatch(collection, batch.slice(1, 2))).rejects.toThrow('validation');
});

test('a database that is gone is an error of the network, not of the batch', async () => {
  const wire = await breakableWire(database.uri);
  const lost = await mongo.MongoClient.connect(wire.uri, { serverSelectionTimeoutMS: 2_000 });
  const there = lost.db(database.name).collection<{ _id: string; n: number }>('batch');
  await wire.cut();
  const failure: unknown = await insertBatch(there, [{ _id: 'late', n: 1 }]).catch((error: unknown) => error);
  await lost.close();
  expect(failure).toBeInstanceOf(mongo.MongoError);
  expect(failure).not.toBeInstanceOf(mongo.MongoBulkWriteError);
  expect(await collection.findOne({ _id: 'late' })).toBeNull();
});
