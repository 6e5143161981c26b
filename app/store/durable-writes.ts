import type { mongo } from 'mongoose';

export type DurableWrites = { readonly w: 'majority' | 1; readonly journal: true };

/**
 * What a write must ask for so that no crash takes back what was acknowledged. A replica set: the disks of a majority. A single
 * server: its own disk and no majority, because since 8.0 a single server does not wait for its journal when it is asked for
 * one. https://jira.mongodb.org/browse/SERVER-139311
 */
export function durableWrites(hello: mongo.Document): DurableWrites {
  const single = hello['setName'] === undefined && hello['msg'] !== 'isdbgrid';
  return { w: single ? 1 : 'majority', journal: true };
}
