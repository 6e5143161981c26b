import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { freePortOr } from '../../demo/choose-port.js';
import { freePort } from '../support/free-port.js';

test('a port that is free is taken, and one that another program has is left to it', async () => {
  const other = createServer();
  const port = await freePort();
  await once(other.listen(port, '127.0.0.1'), 'listening');
  expect(await freePortOr(port)).toBe(0);
  await new Promise((resolve) => other.close(resolve));
  expect(await freePortOr(port)).toBe(port);
});
