import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
import { proxyFor } from '../../../action/http/connection.js';
import { createHttp } from '../../../action/http/exchange.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { startConnectProxy } from '../support/connect-proxy.js';
import { nameOf, startFakeVitrine } from '../support/fake-vitrine.js';
import { startRecordingServer } from '../support/recording-server.js';
import { forgetSharedFiles, identityEnv, runAction, runSource } from '../support/run-action.js';
import { CERTIFICATE, startTlsFront } from '../support/tls-front.js';
import { makeWorkspace, PAGE } from '../support/workspace.js';

afterAll(forgetSharedFiles);
const REQUEST = { method: 'GET', headers: {}, bodyLimit: 1_000, idleMs: 5_000 };
const PROXY = 'http://proxy:3128';

describe('the proxy for an address', () => {
  test.each([
    ['http://a.example/', { http_proxy: PROXY }, 'http://proxy:3128/'],
    ['https://a.example/', { https_proxy: PROXY }, 'http://proxy:3128/'],
    ['https://a.example/', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128/'],
    ['https://a.example/', { http_proxy: PROXY }, null],
    ['http://a.example/', { http_proxy: '' }, null],
    ['http://a.example/', { http_proxy: 'http://[' }, null],
    ['http://pr-7.localhost:3000/', { http_proxy: PROXY }, null],
    ['http://127.0.0.1/', { http_proxy: PROXY }, null],
    ['http://[::1]:80/', { http_proxy: PROXY }, null],
    ['http://a.example/', { http_proxy: PROXY, no_proxy: 'b.example, A.example' }, null],
    ['http://x.a.example/', { http_proxy: PROXY, no_proxy: 'a.example' }, null],
    ['http://x.a.example/', { http_proxy: PROXY, no_proxy: '.a.example' }, null],
    ['http://xa.example/', { http_proxy: PROXY, no_proxy: 'a.example' }, 'http://proxy:3128/'],
    ['http://a.example/', { http_proxy: PROXY, NO_PROXY: 'a.example:80' }, null],
    ['http://a.example:8080/', { http_proxy: PROXY, NO_PROXY: 'a.example:80' }, 'http://proxy:3128/'],
    ['http://a.example/', { http_proxy: PROXY, no_proxy: '*' }, null],
  ])('%s with %j is %j', (url, env, expected) => {
    expect(proxyFor(new URL(url), env)?.href ?? null).toBe(expected);
  });
});

describe.each([
  ['the bundle', runAction],
  ['the source', runSource],
] as const)('%s', (_name, run) => {
  test('behind a proxy identity, server and pages outside are reached through it', async () => {
    await using server = await startFakeVitrine();
    await using proxy = await startConnectProxy(server.port);
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': 'http://preview.example', 'wait-timeout': '2s' };
    const env = { ...identityEnv('http://token.example'), http_proxy: proxy.url };
    const ran = await run({ workspace, inputs, env });
    expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.success);
    expect(new Set(proxy.targets)).toEqual(new Set(['token.example', 'preview.example']));
    expect(ran.stdout).toMatch(/^::warning .*http:\/\/preview\.example is not https/m);
    expect(server.requests.filter(({ host }) => host === 'token.example').map(nameOf)).toEqual(['oidc']);
  });
});

test('a server with TLS is reached through a tunnel, and only the proxy gets its password', async () => {
  await using server = await startFakeVitrine();
  await using front = await startTlsFront(server.port);
  await using proxy = await startConnectProxy(front.port);
  await using workspace = await makeWorkspace(PAGE);
  const inputs = { 'server-url': 'https://preview.example', 'wait-timeout': '2s' };
  const https_proxy = proxy.url.replace('//', '//me:p%40ss@');
  const env = { ...identityEnv(server.url), https_proxy, NODE_EXTRA_CA_CERTS: CERTIFICATE };
  const ran = await runAction({ workspace, inputs, env });
  expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '' });
  expect(new Set(proxy.targets)).toEqual(new Set(['preview.example:443']));
  const basic = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
  expect(new Set(proxy.credentials)).toEqual(new Set([basic]));
  expect(server.calls('start').map(({ authorization }) => authorization)).toEqual(['Bearer oidc-1']);
});

test('a certificate that no authority signed is refused behind a proxy too', async () => {
  await using server = await startRecordingServer(() => ({ status: 200 }));
  await using front = await startTlsFront(server.port);
  await using proxy = await startConnectProxy(front.port);
  const http = createHttp({ https_proxy: proxy.url });
  await expect(http.exchange({ ...REQUEST, url: 'https://preview.example/' })).rejects.toThrow('self-signed');
  expect(server.requests).toEqual([]);
  http.close();
});

test('the certificate of an IP address must name that address, not the proxy or localhost', async () => {
  await using server = await startFakeVitrine();
  await using front = await startTlsFront(server.port);
  await using proxy = await startConnectProxy(front.port);
  await using workspace = await makeWorkspace(PAGE);
  const inputs = { 'server-url': 'https://10.9.8.7', 'wait-timeout': '1s' };
  const env = {
    ...identityEnv(server.url),
    https_proxy: proxy.url,
    NODE_EXTRA_CA_CERTS: CERTIFICATE,
  };
  const ran = await runAction({ workspace, inputs, env });
  expect(ran.outputs['reason']).toContain("does not match certificate's altnames: IP: 10.9.8.7");
  expect(server.calls('start')).toEqual([]);
});

test('a proxy that does not answer is given up after the idle time', async () => {
  await using proxy = await startConnectProxy(1, () => undefined);
  const http = createHttp({ https_proxy: proxy.url });
  const request = { ...REQUEST, url: 'https://preview.example/', idleMs: 50 };
  await expect(http.exchange(request)).rejects.toThrow('cannot be used: no byte for 0.05 s');
  http.close();
});

test('a cancelled request does not wait for the proxy, and closing ends its connection', async () => {
  const cancelled = new AbortController();
  const clients: Socket[] = [];
  await using proxy = await startConnectProxy(1, (client) => {
    clients.push(client.resume());
    cancelled.abort(new Error('cancelled'));
  });
  const http = createHttp({ https_proxy: proxy.url });
  const request = { ...REQUEST, url: 'https://preview.example/', signal: cancelled.signal, idleMs: 600_000 };
  await expect(http.exchange(request)).rejects.toThrow('cancelled');
  http.close();
  await once(clients[0] as Socket, 'end');
});

test('a proxy that refuses is named, with its answer', async () => {
  await using proxy = await startConnectProxy(1, 407);
  const http = createHttp({ https_proxy: proxy.url });
  const { host } = new URL(proxy.url);
  await expect(http.exchange({ ...REQUEST, url: 'https://preview.example/' })).rejects.toThrow(
    `the proxy ${host} answered HTTP 407`,
  );
  http.close();
});
