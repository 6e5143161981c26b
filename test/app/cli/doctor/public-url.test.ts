import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clock, offsetOf, reachability } from '../../../../app/cli/doctor/public-url.js';
import { type DnsServer, startDnsServer } from '../../../support/dns-server.js';
import { examine } from '../../../support/examine.js';
import { freePort } from '../../../support/free-port.js';
import { mainFixture } from '../../../support/run-main.js';

let dns: DnsServer;
beforeAll(async () => {
  dns = await startDnsServer({ 'vitrine.test': ['127.0.0.1'] });
});
afterAll(async () => dns[Symbol.asyncDispose]());

interface Local extends AsyncDisposable {
  readonly port: string;
}

async function serve(answer: RequestListener): Promise<Local> {
  const server: Server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: String((server.address() as AddressInfo).port),
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

const healthy =
  (instance: string): RequestListener =>
  (_request, response) =>
    void response.end(JSON.stringify({ ok: true, instance }));

const look = (PORT: string, publicPort = PORT) =>
  examine(
    reachability,
    { PORT, PUBLIC_URL: `http://vitrine.test:${publicPort}` },
    { dnsServers: [dns.address] },
  );

test('a real server that runs is found at PUBLIC_URL', async () => {
  const fixture = await mainFixture();
  try {
    const PORT = String(await freePort());
    const PUBLIC_URL = `http://vitrine.test:${PORT}`;
    await fixture.run({ ...fixture.credentials, PORT, PUBLIC_URL, DOCKER_HOST: 'off' }).said(/ready at/);
    expect(await look(PORT)).toMatchObject({
      state: 'good',
      says: expect.stringMatching(/^The server runs\. It answers/),
    });
  } finally {
    await fixture.close();
  }
});

test('while the server does not run, the doctor answers in its place', async () => {
  const port = String(await freePort());
  expect(await look(port)).toMatchObject({
    state: 'good',
    says: expect.stringMatching(/does not run, so the doctor/),
  });
});

test('what leads elsewhere is told', async () => {
  await using own = await serve(healthy('one'));
  await using other = await serve(healthy('two'));
  await using page = await serve((_request, response) => void response.end('<h1>It works</h1>'));
  expect(await look(own.port)).toMatchObject({ state: 'good' });
  expect(await look(own.port, other.port)).toMatchObject({
    state: 'warning',
    says: expect.stringMatching(/another server/),
  });
  expect(await look(own.port, page.port)).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/something else answers \(status 200\)/),
  });
  expect(await look(own.port, String(await freePort()))).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/ECONNREFUSED/),
  });
  expect(await look(page.port)).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/^Another program/),
  });
  expect(await examine(reachability)).toMatchObject({ state: 'skipped' });
});

test.each([
  [0, 'good', /agrees/],
  [-45_000, 'failed', /4[345] s ahead/],
  [45_000, 'failed', /4[345] s behind/],
])('a clock that differs by %d ms is %s', async (ms, state, says) => {
  await using github = await serve((_request, response) => {
    response.setHeader('date', new Date(Date.now() + ms).toUTCString()).end();
  });
  const found = await examine(clock, { GITHUB_API_URL: `http://127.0.0.1:${github.port}` });
  expect(found).toMatchObject({ state, says: expect.stringMatching(says) });
});

test('a clock that nothing can be compared with is a warning', async () => {
  const port = await freePort();
  const env = { GITHUB_API_URL: `http://127.0.0.1:${port}`, PUBLIC_URL: `http://127.0.0.1:${port}` };
  expect(await examine(clock, env)).toMatchObject({ state: 'warning' });
});

test.each([
  [{ theirs: 10_000, sentAt: 10_500, answeredAt: 10_900 }, 0],
  [{ theirs: 10_000, sentAt: 9_000, answeredAt: 25_000 }, 0],
  [{ theirs: 10_000, sentAt: 51_000, answeredAt: 52_000 }, 40_000],
  [{ theirs: 60_000, sentAt: 10_000, answeredAt: 20_000 }, -40_000],
])('the offset of %j is %d ms: a slow answer is no wrong clock', (moments, expected) => {
  expect(offsetOf(moments)).toBe(expected);
});
