import { expect, test } from '@jest/globals';
import { readAnswer } from '../../../bench/load/connection.js';
import { guidOf, prepareRequest } from '../../../bench/load/prepared-request.js';

test.each([
  { what: 'half a head', text: 'HTTP/1.1 202 Accepted\r\ncontent-le', status: null },
  {
    what: 'a head without its body',
    text: 'HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{',
    status: null,
  },
  { what: 'a whole answer', text: 'HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}', status: 202 },
  { what: 'a refusal', text: 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n', status: 503 },
  {
    what: 'chunks that go on',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n',
    status: null,
  },
  {
    what: 'chunks that ended',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    status: 200,
  },
])('$what is read as $status', ({ text, status }) => {
  expect(readAnswer(Buffer.from(text))).toBe(status);
});

test('each request carries its own delivery id and is the same otherwise', () => {
  const request = prepareRequest({ port: 1, secret: 'key', event: 'ping', body: '{"zen":1}' });
  const first = request.with('a-1').toString();
  const second = request.with('a-2').toString();
  expect(first).toContain(`x-github-delivery: ${guidOf('a', 1)}\r\n\r\n{"zen":1}`);
  expect(second).toBe(first.replace(guidOf('a', 1), guidOf('a', 2)));
  expect(first).toMatch(/x-hub-signature-256: sha256=[0-9a-f]{64}\r\n/);
});
