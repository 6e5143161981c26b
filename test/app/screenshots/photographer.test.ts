import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { PNG } from 'pngjs';
import { createPhotographer, findChromium, type Limits } from '../../../app/screenshots/photographer.js';
import type { Photograph } from '../../../src/screenshots/screenshot.js';
import { until } from '../../contracts/until.js';
import { findBrowser } from '../../support/open-browser.js';

const chromium = findBrowser();
const inBrowser = chromium ? test : test.skip;

/** What the pages of the site ask for that is not the preview's: the server of another port of this machine. */
const asked: string[] = [];
const requests: string[] = [];
let dir = '';
let canary: Server;
let site: Server;
let canaryHost = '';
let base = '';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vp-'));
  canary = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('found');
  });
  canary.on('upgrade', (request, socket) => {
    asked.push(request.url ?? '');
    socket.destroy();
  });
  canaryHost = `127.0.0.1:${String(await portOf(canary))}`;
  site = createServer((request, response) => {
    requests.push(`${request.headers.host ?? ''}${request.url ?? ''}`);
    const page = PAGES[request.url ?? ''];
    if (page === undefined) return void response.writeHead(404).end();
    response.setHeader('content-type', 'text/html');
    if (typeof page === 'string') return void response.end(`<!doctype html>${page}`);
    page(response);
  });
  base = `http://pr-1-hello.localhost:${String(await portOf(site))}`;
});

afterAll(async () => {
  site.closeAllConnections();
  for (const server of [site, canary]) server.close();
  await rm(dir, { recursive: true, force: true });
});

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const PAGES: Readonly<Record<string, string | ((response: ServerResponse) => void)>> = {
  '/': '<style>body { margin: 0; background: rgb(10, 20, 30) }</style><script>alert("Hello"); confirm("?")</script>',
  '/greedy':
    '<script>const all = []; for (;;) { const one = new Uint8Array(1 << 24).fill(1); all.push(one) }</script>',
  '/busy': '<script>for (;;);</script>',
  '/elsewhere': (response) => response.writeHead(302, { location: `http://${canaryHost}/redirect` }).end(),
  '/metadata': (response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  '/silent': () => undefined,
  '/endless': (response) => {
    response.write('<!doctype html><body style="margin: 0; background: rgb(1, 2, 3)">');
    const timer = setInterval(() => response.write('<p>'), 50);
    response.once('close', () => clearInterval(timer));
  },
  '/download': (response) =>
    response
      .setHeader('content-type', 'application/octet-stream')
      .setHeader('content-disposition', 'attachment; filename=a.bin')
      .end('x'),
  '/curious': (response) => {
    const ways = [
      `<img src="http://${canaryHost}/image"><img src="http://localhost:${canaryHost.split(':')[1] ?? ''}/name">`,
      `<iframe src="http://${canaryHost}/frame"></iframe><link rel="preconnect" href="http://${canaryHost}">`,
      `<link rel="stylesheet" href="http://[::ffff:7f00:1]:${canaryHost.split(':')[1] ?? ''}/mapped">`,
      `<script>fetch("http://${canaryHost}/fetch", { mode: "no-cors" }).catch(() => {})`,
      `navigator.sendBeacon("http://${canaryHost}/beacon", "x"); new WebSocket("ws://${canaryHost}/socket")`,
      `window.open("http://${canaryHost}/window"); fetch("/own")</script>`,
    ];
    response.end(`<!doctype html>${ways.join('\n')}`);
  },
};

interface Taking {
  readonly path: string;
  readonly limits?: Partial<Limits>;
  readonly where?: string;
  readonly isOurs?: boolean;
}

async function take({ path, limits, where = chromium, isOurs = true }: Taking): Promise<Photograph> {
  const photographer = createPhotographer(optionsOf({ where, limits }));
  return photographer.photograph({ url: `${base}${path}`, others: [], isOurs, cookies: [] });
}

const optionsOf = ({
  where,
  limits,
}: {
  where: string | undefined;
  limits?: Partial<Limits> | undefined;
}) => ({
  chromium: where,
  path: '',
  // Tests may run as root, where Chromium has no sandbox.
  sandbox: false,
  dir,
  allowPrivateAddresses: [],
  limits: { loadMs: 1_000, idleMs: 100, ...limits },
});

/** Processes that were started for a picture, and their profiles. */
async function leftovers(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return [...commands.filter((command) => command.includes(dir)), ...(await readdir(dir))];
}

/** The kernel takes a moment to end what was killed. */
async function expectNoLeftovers(): Promise<void> {
  const otherwise = 'Nothing should be left of a browser.';
  await eventually(leftovers, { until: (left) => left.length === 0, otherwise });
}

function colourOf(photograph: Photograph): readonly number[] {
  if (!('page' in photograph)) throw new Error(photograph.reason);
  const { width, height, data } = PNG.sync.read(photograph.page);
  expect([width, height]).toEqual([1280, 800]);
  return [...data.subarray(-4, -1)];
}

inBrowser('a page is photographed in two sizes, whatever it asks its visitor', async () => {
  const photograph = await take({ path: '/' });
  expect(colourOf(photograph)).toEqual([10, 20, 30]);
  const thumbnail = 'thumbnail' in photograph ? photograph.thumbnail : Buffer.alloc(0);
  // https://www.w3.org/Graphics/JPEG/itu-t81.pdf: the size is in the start of the frame.
  const frame = thumbnail.indexOf(Buffer.from([0xff, 0xc0]));
  expect([thumbnail.readUInt16BE(frame + 7), thumbnail.readUInt16BE(frame + 5)]).toEqual([640, 400]);
  await expectNoLeftovers();
});

inBrowser('a page reaches its own host and no other port of this machine, by none of its ways', async () => {
  asked.length = 0;
  requests.length = 0;
  const [curious, led, toMetadata] = await Promise.all(
    ['/curious', '/elsewhere', '/metadata'].map((path) => take({ path })),
  );
  expect(curious).toHaveProperty('page');
  expect(requests.filter((url) => url.endsWith('/own'))).toEqual([`${new URL(base).host}/own`]);
  expect(led).toEqual({
    reason: `No picture was taken: it led to ${canaryHost}, which is not part of this preview.`,
    again: false,
  });
  expect(toMetadata).toMatchObject({ reason: expect.stringContaining('169.254.169.254') });
  expect(asked).toEqual([]);
});

inBrowser('a page that never ends loading is photographed as it is', async () => {
  expect(colourOf(await take({ path: '/endless' }))).toEqual([1, 2, 3]);
});

inBrowser(
  'a page that never answers, or never rests, is given up, with everything that was started',
  async () => {
    const limits = { wholeMs: 2_000, loadMs: 9_000 };
    const taken = await Promise.all(['/silent', '/busy'].map((path) => take({ path, limits })));
    const late = { reason: 'No picture was taken: it was not done within 2 seconds.', again: false };
    expect(taken).toEqual([late, late]);
    await expectNoLeftovers();
  },
);

inBrowser('a page that takes memory without end is ended, and takes no more than it may', async () => {
  const photograph = await take({ path: '/greedy', limits: { memoryBytes: 400 * 1024 ** 2 } });
  expect(photograph).toMatchObject({ again: false, reason: expect.stringMatching(/memory/) });
  await expectNoLeftovers();
});

inBrowser('errors of a page, and what is no page, are the reason why there is no picture', async () => {
  const [gone, download] = await Promise.all(['/nowhere', '/download'].map((path) => take({ path })));
  expect(gone).toEqual({ reason: 'No picture was taken: it answered HTTP 404.', again: false });
  expect(download).toMatchObject({ reason: expect.stringContaining('could not be opened') });
  const foreign = await take({ path: '/', isOurs: false });
  expect(foreign).toMatchObject({ again: false, reason: expect.stringMatching(/^It could not be opened: /) });
});

inBrowser('one that is stopped in the middle ends its browser and takes no more pictures', async () => {
  const photographer = createPhotographer(optionsOf({ where: chromium }));
  const order = { url: `${base}/silent`, others: [], isOurs: true, cookies: [] };
  requests.length = 0;
  const taken = photographer.photograph(order).catch(({ message }: Error) => message);
  await until(async () => requests[0]);
  await photographer.close();
  expect(await taken).toBe('The server is being stopped.');
  await expect(photographer.photograph(order)).rejects.toThrow('The server is being stopped.');
  await expectNoLeftovers();
});

test('without a Chromium the reason says so', async () => {
  const none = { reason: 'This server has no Chromium.', again: false };
  expect(await take({ path: '/', where: '/nowhere/chromium' })).toEqual(none);
  expect(await findChromium({ chromium: undefined, path: '/nowhere:bin' })).toBeNull();
});
