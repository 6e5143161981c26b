import { expect, test } from '@jest/globals';
import { mongo } from 'mongoose';
import { testDatabase } from '../support/test-database.js';

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
