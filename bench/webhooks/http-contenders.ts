import { mongo } from 'mongoose';
import type { Contender } from './contender.js';
import { receiveSigned } from './signed-body.js';
import { whatIsKept } from './what-is-kept.js';

/** The floor: signature and parsing, nothing kept. */
export const parseOnly: Contender = async ({ secret }) => receiveSigned(secret, () => undefined);

/** The obvious durable receiver: one journaled insert per delivery. */
export const insertOne: Contender = async ({ secret, mongodbUri }) => {
  const client = await mongo.MongoClient.connect(mongodbUri, { maxPoolSize: 100 });
  const deliveries = client.db().collection<{ _id: string } & ReturnType<typeof whatIsKept>>('deliveries');
  const writeConcern = { w: 'majority', journal: true } as const;
  return receiveSigned(secret, ({ guid, payload }) =>
    deliveries.insertOne({ _id: guid, ...whatIsKept(payload) }, { writeConcern }),
  );
};
