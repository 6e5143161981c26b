import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { freePortOr } from '../../demo/choose-port.js';

test('a port that is free is taken, and one that another program has is left to it', async () => {
  const other = createServer();
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  expect(await freePortOr(port)).toBe(0);
  await new Promise((resolve) => other.close(resolve));
  expect(await freePortOr(port)).toBe(port);
});
