import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { engineWarning } from '../../../app/compose/containers.js';
import { envToConfig } from '../../../app/config/config.js';
import { findEngine } from '../../../app/engine/address.js';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { startTlsFront, type TlsFront } from '../../action/support/tls-front.js';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine.js';

/** As DOCKER_CERT_PATH, with what the engine of the tests shows; made with openssl, of use to nobody. */
const ENGINE_TLS = join(import.meta.dirname, '../../fixtures/engine-tls');

test('the engine is that of DOCKER_HOST, or the socket of this machine if it may be used', () => {
  expect(findEngine('unix:///run/user/1000/docker.sock')).toEqual({
    address: { socketPath: '/run/user/1000/docker.sock' },
  });
  expect(findEngine('tcp://127.0.0.1:2375')).toEqual({ address: { host: '127.0.0.1', port: 2375 } });
  expect(findEngine('tcp://[::1]:2375/')).toEqual({ address: { host: '::1', port: 2375 } });
  expect(findEngine('off')).toMatchObject({ missing: expect.stringMatching(/switched it off/) });
  expect(findEngine(undefined, { defaultSocket: '/nowhere/docker.sock' })).toMatchObject({
    missing: expect.stringMatching(/install Docker, or set DOCKER_HOST/),
  });
  expect(findEngine(undefined, { defaultSocket: '/dev/null' })).toEqual({
    address: { socketPath: '/dev/null' },
  });
});

describe('an engine behind TLS', () => {
  let fake: FakeEngine;
  let front: TlsFront;
  const certPath = ENGINE_TLS;
  const find = (options: object, host = 'localhost') =>
    findEngine(`tcp://${host}:${String(front.port)}`, { tlsVerify: true, ...options });
  const describeBy = (found: ReturnType<typeof find>) => {
    if ('missing' in found) throw new Error(found.missing);
    return createDockerEngine(found.address).describe();
  };

  beforeAll(async () => {
    fake = await startFakeEngine();
    front = await startTlsFront(fake.address.port, {
      ca: readFileSync(join(certPath, 'ca.pem')),
      cert: readFileSync(join(certPath, 'server-cert.pem')),
      key: readFileSync(join(certPath, 'server-key.pem')),
      requestCert: true,
      rejectUnauthorized: true,
    });
  });
  afterAll(async () => {
    await front[Symbol.asyncDispose]();
    await fake[Symbol.asyncDispose]();
  });

  test('is used by its name and by its address, with the certificate of this server', async () => {
    for (const host of ['localhost', '127.0.0.1'])
      expect(await describeBy(find({ certPath }, host))).toMatchObject({ version: 'fake' });
    // As `docker` does where nothing names the folder.
    expect(await describeBy(find({ dockerConfig: certPath }))).toMatchObject({ version: 'fake' });
  });

  test('that proves nothing, or does not know this server, is not used', async () => {
    await using other = await startTlsFront(fake.address.port);
    await using strange = await folderWith({ 'ca.pem': 'ca.pem' });
    const distrusted = { code: 'unavailable', message: expect.stringMatching(/DOCKER_CERT_PATH/) };
    const elsewhere = findEngine(`tcp://localhost:${String(other.port)}`, { tlsVerify: true, certPath });
    await expect(describeBy(elsewhere)).rejects.toMatchObject(distrusted);
    await expect(describeBy(find({ certPath: strange.path }))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(describeBy(find({ certPath, tlsVerify: false }))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  test('whose certificates are not there is off, with what to do, and a socket needs none', async () => {
    await using half = await folderWith({ 'ca.pem': 'ca.pem', 'cert.pem': 'cert.pem' });
    for (const path of ['/nowhere', half.path])
      expect(find({ certPath: path })).toMatchObject({ missing: expect.stringMatching(/DOCKER_CERT_PATH/) });
    expect(findEngine('unix:///run/docker.sock', { tlsVerify: true, certPath: '/nowhere' })).toEqual({
      address: { socketPath: '/run/docker.sock' },
    });
  });

  /** A folder of certificates that has these only. */
  async function folderWith(files: Readonly<Record<string, string>>) {
    const path = await mkdtemp(join(tmpdir(), 'vitrine-certificates-'));
    for (const [name, from] of Object.entries(files)) await copyFile(join(certPath, from), join(path, name));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
  }
});

test('an engine on another host without TLS is warned of, and one of this machine is not', () => {
  const warning = (variables: Readonly<Record<string, string>>) =>
    engineWarning(envToConfig({ ...variables, PUBLIC_URL: 'http://localhost:3000' }));
  expect(warning({ DOCKER_HOST: 'tcp://10.0.0.5:2375' })).toMatch(/DOCKER_TLS_VERIFY/);
  expect(
    warning({ DOCKER_HOST: 'tcp://10.0.0.5:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: ENGINE_TLS }),
  ).toBeNull();
  expect(
    warning({ DOCKER_HOST: 'tcp://10.0.0.5:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' }),
  ).toMatch(/are off: .*ca.pem/);
  for (const host of ['tcp://127.0.0.1:2375', 'unix:///run/docker.sock', 'off'])
    expect(warning({ DOCKER_HOST: host })).toBeNull();
});
