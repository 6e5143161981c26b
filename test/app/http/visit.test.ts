import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createVisit } from '../../../app/http/visit.js';

let server: Server;
let port = 0;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.statusCode = 302;
    // It never ends: only the status is of interest.
    response.setHeader('location', '/next').write('begun');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const { signal } = new AbortController();

test('a page is asked for its status alone, and a redirect is not followed', async () => {
  const visit = createVisit({ publicUrl: 'http://localhost:3000' });
  for (const host of ['127.0.0.1', 'localhost'])
    expect(await visit(`http://${host}:${String(port)}/page`, signal)).toBe(302);
  expect(asked).toEqual(['/page', '/page']);
});

test.each([
  '127.0.0.1',
  'localhost',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '10.0.0.1',
  '172.16.3.4',
  '192.168.1.1',
  '100.64.0.1',
  '[fc00::1]',
  '169.254.169.254',
  '[fe80::1]',
  '0.0.0.0',
  '2130706433',
])('a server that is reached from the outside does not ask %s', async (host) => {
  asked.length = 0;
  const visit = createVisit({ publicUrl: 'https://preview.example.com' });
  const page = `http://${host}:${String(port)}/`;
  await expect(visit(page, signal)).rejects.toMatchObject({ code: 'forbidden' });
  expect(asked).toEqual([]);
});

test.each(['169.254.169.254', '[fd00:ec2::254]'])(
  'the metadata service of a cloud is never asked: %s',
  async (host) => {
    const visit = createVisit({ publicUrl: 'http://localhost:3000' });
    await expect(visit(`http://${host}/`, signal)).rejects.toMatchObject({ code: 'forbidden' });
  },
);
