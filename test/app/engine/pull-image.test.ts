import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { registryRule } from '../../../app/compose/containers.js';
import { envToConfig } from '../../../app/config/config.js';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { partsOf, registryOf } from '../../../app/engine/pull-image.js';
import { createComposeTarget } from '../../../src/targets/compose/compose.js';
import { createDockerTarget } from '../../../src/targets/docker/docker.js';
import type { Run } from '../../../src/targets/target.js';
import { release } from '../../support/builders.js';
import { dockerParts } from '../../support/docker-parts.js';
import { createFakeCompose } from '../../support/fake-compose.js';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine.js';

test.each([
  ['nginx', { name: 'nginx', version: 'latest' }],
  ['127.0.0.1:3000/pr-1', { name: '127.0.0.1:3000/pr-1', version: 'latest' }],
  ['ghcr.io/a/b:1.2', { name: 'ghcr.io/a/b', version: '1.2' }],
  ['ghcr.io/a/b:1.2@sha256:00', { name: 'ghcr.io/a/b', version: 'sha256:00' }],
])('%s is pulled as one version', (reference, parts) => {
  expect(partsOf(reference)).toEqual(parts);
});

test.each([
  ['nginx', null],
  ['acme/web:1', null],
  ['docker.io/library/nginx', null],
  ['ghcr.io/a/b:1.2', 'ghcr.io'],
  ['localhost/a', 'localhost'],
  ['127.0.0.1:5000/a@sha256:00', '127.0.0.1:5000'],
  ['[::1]:5000/a', '[::1]:5000'],
  ['Internal/a', 'Internal'],
])('%s is an image of the registry %s', (reference, registry) => {
  expect(registryOf(reference)).toBe(registry);
});

describe('an image of a registry on a private address', () => {
  let canary: Server;
  let fake: FakeEngine;
  let connections = 0;
  let asked = 0;
  beforeAll(async () => {
    fake = await startFakeEngine();
    canary = createServer((_request, response) => {
      asked += 1;
      response.writeHead(404).end();
    });
    canary.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    canary.close();
    await fake[Symbol.asyncDispose]();
  });

  const DIGEST = `sha256:${'0'.repeat(64)}`;
  const at = (host: string) => `${host}:${String((canary.address() as AddressInfo).port)}`;
  const partsFor = (variables: Readonly<Record<string, string>>) => {
    const config = envToConfig({ ...variables, DOCKER_HOST: fake.dockerHost });
    const mayPullFrom = registryRule({ config, publicUrl: 'http://vitrine.example' });
    return dockerParts({ engine: createDockerEngine(fake.address, { mayPullFrom }) });
  };
  const run: Run = {
    ...{
      credentials: undefined,
      variables: {},
      secrets: {},
      log: () => undefined,
      fetch,
      visit: async () => 200,
    },
    signal: new AbortController().signal,
  };
  /** Deployed by both targets: as the image of the workflow, and as one of a compose file. */
  const deployments = (variables: Readonly<Record<string, string>>, registry: string) => {
    const reference = `${registry}/acme/web@${DIGEST}`;
    const parts = partsFor(variables);
    const compose = createFakeCompose({ engine: parts.engine, addVolume: fake.addVolume });
    const file = `services: { web: { image: "${reference}", expose: [80] } }`;
    const options = { writable: false, root: false };
    const image = { kind: 'external', reference, auth: null } as const;
    return [
      () => createDockerTarget(parts).deploy(release({ image }), options, run),
      () =>
        createComposeTarget({ ...parts, compose }).deploy(
          release({ compose: { file, images: {} } }),
          options,
          run,
        ),
    ];
  };

  test('of the operator for base images and databases is asked', async () => {
    const mirror = { NODE_IMAGE: '10.0.0.5:5000/node:{version}', SERVICE_IMAGES: '10.0.0.6/library/' };
    const config = envToConfig({ ...mirror, DOCKER_HOST: fake.dockerHost });
    const may = registryRule({ config, publicUrl: 'http://vitrine.example' });
    const asked = ['10.0.0.5:5000', '10.0.0.6', '10.0.0.7'];
    expect(await Promise.all(asked.map((one) => may(one, run.signal)))).toEqual([true, true, false]);
  });

  test('is refused before the engine asks for it, by its address and by its name', async () => {
    for (const registry of [
      at('127.0.0.1'),
      at('localhost'),
      at('LOCALHOST'),
      '169.254.169.254',
      at('[::1]'),
    ])
      for (const deploy of deployments({ ALLOW_PRIVATE_ADDRESSES: '10.0.0.0/8' }, registry))
        await expect(deploy()).rejects.toMatchObject({
          code: 'unprocessable',
          // A compose file is read before, and knows no host in brackets.
          message: expect.stringMatching(/ALLOW_PRIVATE_ADDRESSES|must be the name of an image/),
        });
    expect([connections, asked]).toEqual([0, 0]);
  });

  test('is asked for where the operator allows its address or its name, and where it is that of this server', async () => {
    for (const variables of [
      { ALLOW_PRIVATE_ADDRESSES: '127.0.0.1' },
      { ALLOW_PRIVATE_ADDRESSES: 'localhost' },
      { REGISTRY_HOST: at('localhost') },
    ]) {
      const before = asked;
      const host = 'REGISTRY_HOST' in variables ? 'localhost' : variables.ALLOW_PRIVATE_ADDRESSES;
      for (const deploy of deployments(variables, at(host))) await expect(deploy()).rejects.toThrow();
      expect(asked).toBeGreaterThan(before);
    }
  });

  test('and one whose registry does not exist is not asked for', async () => {
    for (const deploy of deployments({}, 'registry.invalid'))
      await expect(deploy()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('registry.invalid was not found'),
      });
  });
});
