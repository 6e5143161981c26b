import { expect, test } from '@jest/globals';
import { addressesOf } from '../../src/shared/reach.js';

test('people are told the URLs of services, and not where this server reaches them', () => {
  const place = { host: '10.213.0.2', port: 4_000 };
  const addresses = [{ service: 'api', url: 'http://api-pr-1-shop.localhost', ...place }];
  expect(addressesOf({ kind: 'upstream', ...place, addresses })).toEqual([
    { service: 'api', url: 'http://api-pr-1-shop.localhost' },
  ]);
  for (const reach of [null, { kind: 'upstream', ...place }, { kind: 'files', root: 'a' }] as const)
    expect(addressesOf(reach)).toEqual([]);
});
