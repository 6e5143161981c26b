import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { HealthCheck } from '../../src/shared/health.js';
import { askProgram, isWell, wordsFor } from '../../src/targets/ask-program.js';

/** Answers as its path says, and never at /slow. */
async function startProgram() {
  const server = createServer(({ url = '' }, response) => {
    if (url === '/slow') return;
    response.statusCode = Number(url.slice(1)) || 200;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    async ask(check: HealthCheck): Promise<[boolean, string]> {
      const address = { host: '127.0.0.1', port, url: 'http://pr-1.localhost' };
      const answer = await askProgram({ ...address, ...check, signal: new AbortController().signal });
      return [isWell(answer), wordsFor(answer)];
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('a program is well when it answers as its settings say, within the time that they give', async () => {
  await using program = await startProgram();
  expect(await program.ask({ healthPath: '/401' })).toEqual([false, 'answers HTTP 401']);
  expect(await program.ask({ healthPath: '/401', healthStatus: '200,401' })).toEqual([
    true,
    'answers HTTP 401',
  ]);
  expect(await program.ask({ healthPath: '/204', healthStatus: '200' })).toEqual([false, 'answers HTTP 204']);
  const slow = await program.ask({ healthPath: '/slow', healthTimeoutMs: 50 });
  expect(slow).toEqual([false, 'takes longer than 0.05 seconds to answer']);
});
