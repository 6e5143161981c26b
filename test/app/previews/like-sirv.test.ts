import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import sirv from 'sirv';
import { startPreviewServer } from '../../support/preview-server.js';

/** A file server that many trust, with the same files: where both have an opinion, ours is the same. */
const BINARY = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 251));
let ours: Awaited<ReturnType<typeof startPreviewServer>>;
let dir: string;
const theirs = createServer();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vitrine-sirv-'));
  await writeFile(join(dir, 'data.bin'), BINARY);
  await writeFile(join(dir, 'about.html'), 'about');
  ours = await startPreviewServer();
  await ours.publish({ 'data.bin': BINARY, 'about.html': 'about' });
  const serve = sirv(dir, { etag: true, dev: false });
  theirs.on('request', (request, response) => serve(request, response));
  await new Promise<void>((resolve) => theirs.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await ours.close();
  theirs.closeAllConnections();
  await new Promise((resolve) => theirs.close(resolve));
  await rm(dir, { recursive: true, force: true });
});

const askTheirs = (path: string, headers: Record<string, string>) =>
  new Promise<{ status: number; range: string | undefined; body: Buffer }>((resolve, reject) => {
    const { port } = theirs.address() as AddressInfo;
    get({ port, host: '127.0.0.1', path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode = 0 } = response;
        resolve({
          status: statusCode,
          range: response.headers['content-range'],
          body: Buffer.concat(chunks),
        });
      });
    }).on('error', reject);
  });

test.each(['bytes=0-9', 'bytes=500-', 'bytes=999-999', 'bytes=100-5000'])(
  'the range %s gives the same part as sirv',
  async (range) => {
    const mine = await ours.ask('/data.bin', { headers: { range } });
    const reference = await askTheirs('/data.bin', { range });
    expect({ status: mine.status, range: mine.headers['content-range'], body: mine.body }).toEqual(reference);
  },
);

test.each(['bytes=1000-', 'bytes=5000-6000'])('the range %s cannot be served by either', async (range) => {
  const reference = await askTheirs('/data.bin', { range });
  expect(reference.status).toBe(416);
  expect((await ours.ask('/data.bin', { headers: { range } })).status).toBe(416);
  expect(reference.range).toBe('bytes */1000');
});

test.each(['/about', '/about.html', '/data.bin', '/nothing', '/../about.html'])(
  'the path %s is found by both or by neither',
  async (path) => {
    expect((await ours.ask(path)).status).toBe((await askTheirs(path, {})).status);
  },
);
