import { expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { migratedDatabase, testDatabase } from '../support/test-database.js';

test('two test databases on one server do not see each other, and a dropped one is empty', async () => {
  const [one, other] = [testDatabase(), testDatabase()];
  const client = await mongo.MongoClient.connect(one.uri);
  try {
    await client.db().collection('things').insertOne({ name: 'mine' });
    expect(client.db().databaseName).toBe(one.name);
    expect(await client.db(other.name).collection('things').countDocuments()).toBe(0);
    expect(await client.db(one.name).collection('things').countDocuments()).toBe(1);
    await one.drop();
    expect(await client.db(one.name).collection('things').countDocuments()).toBe(0);
  } finally {
    await client.close();
    await other.drop();
  }
});

test('a migrated database is used again without its documents, with its migrations, and never by two at once', async () => {
  const [one, other] = [migratedDatabase(), migratedDatabase()];
  expect(other.name).not.toBe(one.name);
  const client = await mongo.MongoClient.connect(one.uri);
  try {
    const db = client.db();
    await db.collection('things').insertOne({ name: 'mine' });
    await db.collection('migrations').insertOne({ name: 'first' });
    await one.drop();
    expect(await db.collection('things').countDocuments()).toBe(0);
    expect(await db.collection('migrations').countDocuments({ name: 'first' })).toBe(1);
    expect(migratedDatabase().name).toBe(one.name);
    await db.dropDatabase();
  } finally {
    await client.close();
    await other.drop();
  }
});
