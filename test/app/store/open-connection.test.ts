import { expect, test } from '@jest/globals';
import { durableWrites } from '../../../app/store/open-connection.js';

test.each([
  ['a single server', { isWritablePrimary: true }, 1],
  ['a replica set', { setName: 'rs0' }, 'majority'],
  ['a sharded cluster', { msg: 'isdbgrid' }, 'majority'],
] as const)('a write to %s waits for the disks that keep it', (_, hello, w) => {
  expect(durableWrites(hello)).toEqual({ w, journal: true });
});
