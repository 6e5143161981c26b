import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createSafeFetch, createVisit, type Resolved } from '../../../app/http/safe-fetch.js';

/** Listens on every address of this machine and must never hear of a request. */
let canary: Server;
/** The host that the operator allows: it listens at 127.0.0.2 only, on the port of the canary. */
let friend: Server;
let port = 0;
let packets = 0;
const asked: { url: string; headers: IncomingMessage['headers']; body: string }[] = [];
let answer: (response: ServerResponse) => void;

const listen = (server: Server, address: string, at = 0) =>
  new Promise<void>((resolve) => server.listen(at, address, resolve));

beforeAll(async () => {
  canary = createServer().on('connection', (socket) => {
    packets += 1;
    socket.destroy();
  });
  await listen(canary, '127.0.0.1');
  port = (canary.address() as AddressInfo).port;
  friend = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      asked.push({ url: request.url ?? '', headers: request.headers, body });
      answer(response);
    });
  });
  await listen(friend, '127.0.0.2', port);
});
beforeEach(() => {
  packets = 0;
  asked.length = 0;
  answer = (response) => response.end('ok');
});
afterAll(() => {
  for (const server of [canary, friend]) {
    server.closeAllConnections();
    server.close();
  }
});

/** A DNS server whose answers change with each question. */
function answering(...answers: string[]) {
  const questions: string[] = [];
  const resolve = async (host: string): Promise<readonly Resolved[]> => {
    questions.push(host);
    return [{ address: answers[questions.length - 1] ?? '', family: 4 }];
  };
  return { questions, resolve };
}

const FRIEND = '127.0.0.2';
const strict = createSafeFetch({ allowPrivateAddresses: [] });

test.each([
  ...['127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', 'localhost', 'LOCALHOST', 'localhost.'],
  ...['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '0.0.0.0', '[::]', '169.254.169.254', '10.0.0.1'],
  ...['100.64.0.1', '[fc00::1]', '[fe80::1]', '[fd00:ec2::254]', '[64:ff9b::7f00:1]'],
])('a user cannot have the server ask %s', async (host) => {
  await expect(strict({ url: `http://${host}:${String(port)}/` })).rejects.toMatchObject({
    code: 'forbidden',
  });
  expect(packets).toBe(0);
});

test.each(['//evil', '@evil', '/\t', 'file:///etc/passwd', 'gopher://127.0.0.1/', 'ftp://127.0.0.1/', ''])(
  '%j is not a web address',
  async (url) => {
    await expect(strict({ url })).rejects.toMatchObject({ code: 'bad_request' });
    expect(packets).toBe(0);
  },
);

test('an address with a user name or a password is refused', async () => {
  const url = `http://me:secret@127.0.0.1:${String(port)}/`;
  const error = await strict({ url }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'bad_request' });
  expect(String(error)).not.toContain('secret');
});

test('a name that leads to a private address is refused, also the name of a metadata service', async () => {
  for (const address of ['127.0.0.1', '169.254.169.254', '::ffff:127.0.0.1']) {
    const { resolve } = answering(address);
    const fetch = createSafeFetch({ allowPrivateAddresses: ['10.0.0.0/8'], resolve });
    const url = `http://metadata.google.internal:${String(port)}/`;
    await expect(fetch({ url })).rejects.toMatchObject({ code: 'forbidden' });
  }
  expect(packets).toBe(0);
});

test('a name that is bound to another address after the check leads nowhere else: it is resolved once', async () => {
  const dns = answering(FRIEND, '127.0.0.1', '127.0.0.1');
  const fetch = createSafeFetch({ allowPrivateAddresses: [FRIEND], resolve: dns.resolve });
  const url = `http://rebound.example:${String(port)}/x`;
  expect(await fetch({ url })).toMatchObject({ status: 200, body: 'ok' });
  expect(dns.questions).toEqual(['rebound.example']);
  expect(asked.map(({ headers }) => headers.host)).toEqual([`rebound.example:${String(port)}`]);
  // The next request asks again, and is refused by what it is told then.
  await expect(fetch({ url })).rejects.toMatchObject({ code: 'forbidden' });
  expect(packets).toBe(0);
});

test('of several addresses only those that were allowed are used', async () => {
  const fetch = createSafeFetch({
    allowPrivateAddresses: [FRIEND],
    resolve: async () => ['127.0.0.1', FRIEND].map((address) => ({ address, family: 4 })),
  });
  expect((await fetch({ url: `http://two.example:${String(port)}/` })).status).toBe(200);
  expect(packets).toBe(0);
});

test('a redirect is an answer and is not followed', async () => {
  answer = (response) =>
    response.writeHead(302, { location: `http://127.0.0.1:${String(port)}/` }).end('there');
  const fetch = createSafeFetch({ allowPrivateAddresses: [FRIEND] });
  expect((await fetch({ url: `http://${FRIEND}:${String(port)}/` })).status).toBe(302);
  expect(asked).toHaveLength(1);
  expect(packets).toBe(0);
});

test('a body that never ends is read up to the limit, and a packed one is not unpacked', async () => {
  const fetch = createSafeFetch({ allowPrivateAddresses: [FRIEND] });
  let stopped = false;
  answer = (response) => {
    response.on('close', () => (stopped = true));
    const more = () => {
      while (!stopped && response.write('x'.repeat(4_096)));
      if (!stopped) response.once('drain', more);
    };
    more();
  };
  const url = `http://${FRIEND}:${String(port)}/`;
  expect((await fetch({ url, maxBytes: 10_000 })).body).toHaveLength(10_000);
  while (!stopped) await pause(5);

  const bomb = gzipSync(Buffer.alloc(5_000_000));
  answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  expect((await fetch({ url })).body.length).toBeLessThanOrEqual(bomb.length);
  expect(asked.at(-1)?.headers['accept-encoding']).toBe('identity');
});

test('headers that drip, a silent host and a name without an answer end with the time limit', async () => {
  const fetch = createSafeFetch({ allowPrivateAddresses: [FRIEND] });
  const url = `http://${FRIEND}:${String(port)}/`;
  answer = (response) => void response.socket?.write('HTTP/1.1 200 OK\r\nx-drip: ');
  await expect(fetch({ url, timeoutMs: 50 })).rejects.toMatchObject({
    name: expect.stringMatching(/Timeout|Abort/),
  });
  const silent = createSafeFetch({ allowPrivateAddresses: [], resolve: () => new Promise(() => undefined) });
  await expect(silent({ url: 'http://silent.example/', timeoutMs: 50 })).rejects.toMatchObject({
    name: expect.stringMatching(/Timeout|Abort/),
  });
});

test('headers without an end are refused', async () => {
  const fetch = createSafeFetch({ allowPrivateAddresses: [FRIEND] });
  answer = (response) => void response.socket?.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(20_000)}`);
  await expect(fetch({ url: `http://${FRIEND}:${String(port)}/` })).rejects.toMatchObject({
    code: 'HPE_HEADER_OVERFLOW',
  });
});

test('a body is sent as it is given', async () => {
  const fetch = createSafeFetch({ allowPrivateAddresses: [FRIEND] });
  const headers = { 'content-type': 'application/json' };
  const url = `http://${FRIEND}:${String(port)}/hook?x=1`;
  await fetch({ url, method: 'POST', headers, body: '{"a":"é"}' });
  expect(asked).toMatchObject([{ url: '/hook?x=1', body: '{"a":"é"}', headers }]);
});

test('a page is visited for its status alone', async () => {
  const visit = createVisit(createSafeFetch({ allowPrivateAddresses: [FRIEND] }));
  answer = (response) => void response.writeHead(404).write('begun, and never ended');
  const { signal } = new AbortController();
  expect(await visit(`http://${FRIEND}:${String(port)}/page`, signal)).toBe(404);
});
