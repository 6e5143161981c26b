import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { previewLabel, requestHost } from '../../../app/previews/preview-host.js';

const labels: [string, string | null][] = [
  ['pr-1-hello.preview.example.com', 'pr-1-hello'],
  ['PR-1-Hello.Preview.Example.COM', 'pr-1-hello'],
  ['pr-1-hello.preview.example.com:3000', 'pr-1-hello'],
  ['pr-1-hello.preview.example.com.', 'pr-1-hello'],
  [`${'a'.repeat(63)}.preview.example.com`, 'a'.repeat(63)],
  [`${'a'.repeat(64)}.preview.example.com`, null],
  ['preview.example.com', null],
  ['.preview.example.com', null],
  ['a.b.preview.example.com', null],
  ['evil', null],
  ['pr-1.preview.example.com.evil', null],
  ['evilpreview.example.com', null],
  ['pr-1.evilpreview.example.com', null],
  ['pr-1-preview.example.com', null],
  ['pr_1.preview.example.com', null],
  ['pr-1.preview.example.com:', null],
  ['pr-1.preview.example.com:80:80', null],
  ['pr-1.preview.example.com:http', null],
  ['user@pr-1.preview.example.com', null],
  ['pr-1.preview.example.com/x', null],
  ['pr-1%2e.preview.example.com', null],
  ['[::1]', null],
  ['', null],
  ['pr-1.preview.example.com..', null],
  ['pr-ı.preview.example.com', null],
];
test.each(labels)('the host %j shows the preview %j', (host, label) => {
  const found = requestHost({ headers: { host }, rawHeaders: ['Host', host], url: '/' });
  expect(found === null ? null : previewLabel(found, 'preview.example.com')).toBe(label);
});

/** Writes a request by hand and hands back what node made of it. */
async function received(raw: string): Promise<IncomingMessage> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(raw);
  const [request] = (await once(server, 'request')) as [IncomingMessage];
  socket.destroy();
  server.close();
  return request;
}

const lines: [string, string, string | null][] = [
  ['one host', 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n', 'a.test'],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n', null],
  ['an absolute request line', 'GET http://evil.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n', null],
  [
    'a forwarded host',
    'GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-Host: evil\r\nForwarded: host=evil\r\n\r\n',
    'a.test',
  ],
];
test.each(lines)('%s on a real connection', async (_, raw, host) => {
  expect(requestHost(await received(raw))).toBe(host);
});
