import { afterAll, expect, test } from '@jest/globals';
import { createHttp } from '../../../action/http/exchange.js';
import { startRecordingServer } from '../support/recording-server.js';

const http = createHttp();
afterAll(() => http.close());
const REQUEST = { method: 'GET', headers: {}, bodyLimit: 10, idleMs: 5_000 };

test('a request that nobody wants any more is given up on its way, with the reason', async () => {
  const unwanted = new AbortController();
  await using server = await startRecordingServer(() => {
    unwanted.abort(new Error('not wanted'));
    return new Promise(() => undefined);
  });
  const request = { ...REQUEST, url: server.url, signal: unwanted.signal };
  await expect(http.exchange(request)).rejects.toThrow('not wanted');
});

test('a request that nobody wants from the start is not sent', async () => {
  await using server = await startRecordingServer(() => ({ status: 200 }));
  const signal = AbortSignal.abort(new Error('not wanted'));
  await expect(http.exchange({ ...REQUEST, url: server.url, signal })).rejects.toThrow('not wanted');
  await http.exchange({ ...REQUEST, url: `${server.url}/wanted` });
  expect(server.requests.map(({ path }) => path)).toEqual(['/wanted']);
});
