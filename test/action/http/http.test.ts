import { afterAll, describe, expect, test } from '@jest/globals';
import { ask } from '../../../action/http/ask.js';
import { addressOf } from '../../../action/http/connection.js';
import { createHttp, sendAhead } from '../../../action/http/exchange.js';
import { Retriable, retryAfter } from '../../../action/http/retriable.js';
import { retrying } from '../../../action/http/retry.js';
import { sleep } from '../../../action/http/world.js';
import { startRecordingServer, type Reply } from '../support/recording-server.js';

const http = createHttp();
afterAll(() => http.close());
const NOW = new Date('2030-01-01T00:00:00Z');
const NEVER = new AbortController().signal;
const world = { http, now: () => NOW };

describe('an address', () => {
  test.each([
    [
      'http://pr-7-hello.localhost:3000/a?b',
      { host: '127.0.0.1', port: '3000', path: '/a?b', headers: { host: 'pr-7-hello.localhost:3000' } },
    ],
    ['https://pr-7.localhost/', { host: '127.0.0.1', port: '443', servername: 'pr-7.localhost' }],
    ['http://example.com', { host: 'example.com', port: '80', path: '/' }],
    ['http://[::1]:8080/', { host: '::1', port: '8080', headers: { host: '[::1]:8080' } }],
    ['http://localhost.example.com/', { host: 'localhost.example.com' }],
  ])('%s is where to connect', (url, expected) => {
    expect(addressOf(new URL(url))).toMatchObject(expected);
  });
});

describe('Retry-After', () => {
  test.each([
    ['2', 2_000],
    ['0', 0],
    ['-5', 0],
    ['Tue, 01 Jan 2030 00:00:30 GMT', 30_000],
    ['Mon, 31 Dec 2029 00:00:00 GMT', 0],
    ['soon', null],
    ['', null],
    [undefined, null],
  ])('%j means %j ms', (header, ms) => {
    expect(retryAfter(header, NOW)).toBe(ms);
  });
});

describe('asking an API', () => {
  async function asked(reply: Reply | 'reset'): Promise<unknown> {
    await using server = await startRecordingServer(() => reply);
    return await ask(world, {
      method: 'GET',
      url: server.url,
      headers: {},
      signal: NEVER,
      remedy: 'Is it there?',
    });
  }

  test('gives the JSON of a success, and null for an empty one', async () => {
    expect(await asked({ status: 200, json: { a: 1 } })).toEqual({ a: 1 });
    expect(await asked({ status: 204 })).toBeNull();
  });

  test.each<[Reply | 'reset', string | RegExp]>([
    ['reset', 'no answer from 127.0.0.1'],
    [{ status: 503, json: { error: { code: 'unavailable', message: 'Restarting.' } } }, 'Restarting.'],
    [{ status: 502, text: '<html>' }, /^GET 127\.0\.0\.1:\d+ answered HTTP 502\.$/],
    [{ status: 429, headers: { 'retry-after': '7' } }, /answered HTTP 429\. Is it there\?$/],
    [{ status: 200, text: '<html>' }, /^127\.0\.0\.1:\d+ did not answer with JSON\. Is it there\?$/],
  ])('%j may be tried again', async (reply, message) => {
    const failure = asked(reply);
    await expect(failure).rejects.toBeInstanceOf(Retriable);
    await expect(failure).rejects.toThrow(message);
  });

  test('what the server asks to wait is kept', async () => {
    await expect(asked({ status: 429, headers: { 'retry-after': '7' } })).rejects.toMatchObject({
      waitMs: 7_000,
    });
  });

  test.each<[Reply, string]>([
    [{ status: 409, json: { error: { code: 'stale_head', message: 'Newer.' } } }, 'stale_head'],
    [{ status: 410, text: 'gone' }, 'environment_gone'],
    [{ status: 403, json: { error: { code: 'made_up', message: 'No.' } } }, 'forbidden'],
    [{ status: 418 }, 'bad_gateway'],
    [{ status: 404, text: '<html>' }, 'not_found'],
  ])('%j is final, as %s', async (reply, code) => {
    await expect(asked(reply)).rejects.toMatchObject({ name: 'VitrineError', code });
  });

  test('an aborted question fails with the reason of the abort', async () => {
    await using server = await startRecordingServer(() => ({ status: 200 }));
    const signal = AbortSignal.abort(new Error('not wanted'));
    await expect(ask(world, { method: 'GET', url: server.url, headers: {}, signal })).rejects.toThrow(
      'not wanted',
    );
  });
});

const REQUEST = { method: 'GET', headers: {}, bodyLimit: 10, idleMs: 5_000 };

test('a server that sends nothing is given up after the idle time', async () => {
  await using server = await startRecordingServer(() => new Promise(() => undefined));
  await expect(http.exchange({ ...REQUEST, url: server.url, idleMs: 50 })).rejects.toThrow(
    'no byte for 0.05 s',
  );
});

test('no more of an answer is read than the limit allows', async () => {
  await using server = await startRecordingServer(() => ({ status: 200, text: 'x'.repeat(1_000_000) }));
  const answer = await http.exchange({ ...REQUEST, url: server.url });
  expect(answer).toMatchObject({ status: 200, body: 'xxxxxxxxxx' });
});

test('https is spoken too: a plain server is not understood', async () => {
  await using server = await startRecordingServer(() => ({ status: 200 }));
  const request = { ...REQUEST, url: server.url.replace('http', 'https') };
  await expect(http.exchange(request)).rejects.toThrow(/SSL|EPROTO|packet/i);
});

test('a request that is aborted while it waits fails with the reason', async () => {
  const aborting = new AbortController();
  await using server = await startRecordingServer(() => {
    aborting.abort(new Error('not wanted'));
    return new Promise(() => undefined);
  });
  const request = { ...REQUEST, url: server.url, signal: aborting.signal };
  await expect(http.exchange(request)).rejects.toThrow('not wanted');
});

test('a request that is aborted before it starts is not sent', async () => {
  await using server = await startRecordingServer(() => ({ status: 200 }));
  const signal = AbortSignal.abort(new Error('not wanted'));
  await expect(http.exchange({ ...REQUEST, url: server.url, signal })).rejects.toThrow('not wanted');
  await http.exchange({ ...REQUEST, url: `${server.url}/wanted` });
  expect(server.requests.map(({ path }) => path)).toEqual(['/wanted']);
});

describe('sending ahead', () => {
  test('ends when the request is sent, and a failure reaches the caller that awaits the answer', async () => {
    const { answer } = await sendAhead(async (onSent) => {
      onSent();
      await new Promise(setImmediate);
      throw new Error('no answer');
    });
    await expect(answer).rejects.toThrow('no answer');
  });

  test('ends when the request cannot be sent, and the failure waits for the caller', async () => {
    const { answer } = await sendAhead(() => Promise.reject(new Error('no route')));
    await new Promise(setImmediate);
    await expect(answer).rejects.toThrow('no route');
  });
});

describe('retrying', () => {
  function clock() {
    let ms = 0;
    const waits: number[] = [];
    const lines: string[] = [];
    const fake = {
      now: () => new Date(ms),
      random: () => 1,
      print: (line: string) => void lines.push(line),
      sleep: async (wait: number) => {
        waits.push(wait);
        ms += wait;
      },
    };
    return { fake, waits, lines };
  }
  const policy = { what: 'Uploading', budgetMs: 60_000, signal: NEVER };

  test('waits longer and longer, up to a bound, until it works', async () => {
    const { fake, waits, lines } = clock();
    let left = 4;
    const attempt = async () => {
      if ((left -= 1) >= 0) throw new Retriable('away.', { waitMs: null });
      return 'done';
    };
    expect(await retrying(fake, { ...policy, longestMs: 1_500, attempt })).toBe('done');
    expect(waits).toEqual([500, 1_000, 1_500, 1_500]);
    expect(lines[0]).toBe('Uploading: away. Next try in 0.5 s.');
  });

  test('waits as long as the server asks', async () => {
    const { fake, waits } = clock();
    let first = true;
    const attempt = async () => {
      if (first) {
        first = false;
        throw new Retriable('busy.', { waitMs: 7_000 });
      }
      return 1;
    };
    await retrying(fake, { ...policy, attempt });
    expect(waits).toEqual([7_000]);
  });

  test.each(['0', '-5', '0.001', 'Mon, 31 Dec 2029 00:00:00 GMT'])(
    'after "Retry-After: %s" the pause grows, as without one',
    async (header) => {
      const { fake, waits } = clock();
      const attempt = async () => {
        throw new Retriable('away.', { waitMs: retryAfter(header, NOW) });
      };
      await expect(retrying(fake, { ...policy, attempt })).rejects.toMatchObject({ code: 'unavailable' });
      expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000]);
    },
  );

  test('gives up when the next wait would pass the budget, with the last word', async () => {
    const { fake, waits } = clock();
    const attempt = async () => {
      throw new Retriable('away.', { waitMs: 25_000 });
    };
    await expect(retrying(fake, { ...policy, attempt })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Uploading failed for 60 s: away.',
    });
    expect(waits).toEqual([25_000, 25_000]);
  });

  test('a wait that is longer than the whole budget is told as it is, and so is a limit', async () => {
    const { fake, waits } = clock();
    const attempt = async () => {
      throw new Retriable('30 deployments in the last hour.', {
        waitMs: 1_800_000,
        code: 'too_many_requests',
      });
    };
    await expect(retrying(fake, { ...policy, attempt })).rejects.toMatchObject({
      code: 'too_many_requests',
      message:
        'Uploading failed: 30 deployments in the last hour. The next try is possible in 30 min, but this run waits at most 1 min.',
    });
    expect(waits).toEqual([]);
  });

  test('a final failure is not tried again', async () => {
    const { fake, waits } = clock();
    const attempt = async () => {
      throw new Error('no');
    };
    await expect(retrying(fake, { ...policy, attempt })).rejects.toThrow('no');
    expect(waits).toEqual([]);
  });
});

test('sleeping ends with the reason of an abort, before or during', async () => {
  await expect(sleep(60_000, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  const during = new AbortController();
  const asleep = sleep(60_000, during.signal);
  during.abort(new Error('during'));
  await expect(asleep).rejects.toThrow('during');
  await sleep(1, NEVER);
});
