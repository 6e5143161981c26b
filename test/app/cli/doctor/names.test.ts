import { once } from 'node:events';
import { createServer as createPlainServer, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { expect, test } from '@jest/globals';
import {
  previewCertificate,
  previewNames,
  serverCertificate,
  serverName,
} from '../../../../app/cli/doctor/names.js';
import { makeCertificate } from '../../../support/certificate.js';
import { type DnsServer, startDnsServer } from '../../../support/dns-server.js';
import { examine } from '../../../support/examine.js';
import { appKey } from '../../../support/run-keys.js';

const ENV = { PUBLIC_URL: 'https://vitrine.test', PREVIEW_DOMAIN: 'previews.test' };
const APP = { 'vitrine.test': ['192.0.2.1'] };

test.each([
  [
    'a record for all',
    { ...APP, '*.previews.test': ['192.0.2.1'] },
    'good',
    /Every name below previews\.test is 192/,
  ],
  ['no record', APP, 'failed', /^doctor-\w+\.previews\.test has no address/],
  [
    'another machine',
    { ...APP, '*.previews.test': ['192.0.2.2'] },
    'warning',
    /192\.0\.2\.2, and vitrine\.test is 192/,
  ],
  [
    'one of two machines',
    { ...APP, '*.previews.test': ['192.0.2.1', '192.0.2.2'] },
    'warning',
    /another machine/,
  ],
])('the names of previews: %s', async (_what, records, state, says) => {
  await using dns = await startDnsServer(records);
  const options = { dnsServers: [dns.address] };
  const found = await examine(previewNames, ENV, options);
  expect(found).toEqual({
    state,
    says: expect.stringMatching(says),
    todo: state === 'good' ? null : expect.stringContaining('"*.previews.test"'),
  });
  expect(await examine(serverName, ENV, options)).toMatchObject({
    state: 'good',
    says: 'vitrine.test is 192.0.2.1.',
  });
});

test('a name of the server that nobody knows fails, and one of this machine needs no DNS', async () => {
  await using dns = await startDnsServer({});
  const options = { dnsServers: [dns.address] };
  expect(await examine(serverName, ENV, options)).toMatchObject({ state: 'failed' });
  expect(await examine(serverName, {}, options)).toMatchObject({ state: 'skipped' });
  expect(await examine(previewNames, {}, options)).toMatchObject({ state: 'skipped' });
});

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const BOTH = ['vitrine.test', '*.previews.test'];

interface Tried {
  readonly names?: readonly string[];
  readonly from?: number;
  readonly until?: number;
  readonly isTrusted?: boolean;
}

async function lookAtCertificates(dns: DnsServer, tried: Tried) {
  const { names = BOTH, from = -30, until = 60, isTrusted = true } = tried;
  const key = appKey();
  const cert = makeCertificate({ key, names, from: inDays(from), until: inDays(until) });
  const server = createServer({ key, cert }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const env = { ...ENV, PUBLIC_URL: `https://vitrine.test:${port}` };
  const options = { dnsServers: [dns.address], ...(isTrusted && { ca: cert }) };
  try {
    return [await examine(serverCertificate, env, options), await examine(previewCertificate, env, options)];
  } finally {
    server.close();
  }
}

const HERE = { 'vitrine.test': ['127.0.0.1'], '*.previews.test': ['127.0.0.1'] };

test.each<[string, Tried, readonly string[], RegExp]>([
  [
    'for both, and long',
    {},
    ['good', 'good'],
    /for vitrine\.test, \*\.previews\.test, for (59|60) more days/,
  ],
  ['that ends soon', { until: 5 }, ['warning', 'warning'], /ends in [45] days/],
  ['that has ended', { from: -90, until: -1 }, ['failed', 'failed'], /has expired \(CERT_HAS_EXPIRED\)/],
  ['that nobody trusts', { isTrusted: false }, ['failed', 'failed'], /signed by itself/],
  ['without the previews', { names: ['vitrine.test'] }, ['good', 'failed'], /for other names/],
])('a certificate %s', async (_what, tried, states, says) => {
  await using dns = await startDnsServer(HERE);
  const found = await lookAtCertificates(dns, tried);
  expect(found.map(({ state }) => state)).toEqual(states);
  expect(found.at(-1)?.says).toMatch(says);
});

test('where nothing speaks TLS, no certificate is shown', async () => {
  await using dns = await startDnsServer(HERE);
  const server = createPlainServer((socket) =>
    socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const look = () =>
    examine(
      serverCertificate,
      { ...ENV, PUBLIC_URL: `https://vitrine.test:${port}` },
      { dnsServers: [dns.address] },
    );
  const speaksPlain = await look();
  server.close();
  await once(server, 'close');
  for (const found of [speaksPlain, await look()])
    expect(found).toMatchObject({
      state: 'failed',
      says: expect.stringMatching(/^Nothing shows a certificate/),
    });
  expect(
    await examine(
      previewCertificate,
      { ...ENV, PREVIEW_DOMAIN: 'nowhere.test' },
      { dnsServers: [dns.address] },
    ),
  ).toMatchObject({ state: 'skipped', says: expect.stringMatching(/has no address/) });
  expect(await examine(serverCertificate, { PUBLIC_URL: 'http://vitrine.test' })).toMatchObject({
    state: 'skipped',
  });
});
