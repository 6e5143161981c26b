import { describe, expect, test } from '@jest/globals';
import { compose, network } from '../../../../app/cli/doctor/containers.js';
import {
  engine,
  engineLimits,
  engineSecurity,
  engineStorage,
  registry,
} from '../../../../app/cli/doctor/engine.js';
import { hasDocker } from '../../../support/docker-images.js';
import { examine } from '../../../support/examine.js';
import { freePort } from '../../../support/free-port.js';
import { mainFixture } from '../../../support/run-main.js';

const env = () => ({
  DOCKER_HOST: process.env['DOCKER_HOST'],
  DOCKER_CONFIG: process.env['DOCKER_CONFIG'],
  PATH: process.env['PATH'],
  CONTAINER_CPUS: '1',
  CONTAINER_MEMORY: '512m',
});

/** Needs a Docker engine of its own, with Compose: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('The doctor: DOCKER_HOST names no engine', () => undefined);
else
  describe('the doctor beside a real engine', () => {
    test.each([engine, engineLimits, engineSecurity, engineStorage, network, compose])(
      'finds $id good',
      async (check) => {
        expect(await examine(check, env())).toMatchObject({ state: 'good', todo: null });
      },
    );

    test('has the engine ask the registry of a server that runs, and finds one that it does not reach', async () => {
      const fixture = await mainFixture();
      try {
        const PORT = String(await freePort());
        await fixture.run({ ...fixture.credentials, PORT }).said(/ready at/);
        const look = (more: Readonly<Record<string, string>>) =>
          examine(registry, { ...env(), PORT, ...more });
        expect(await look({})).toEqual({
          state: 'good',
          says: `The engine reaches the registry of this server at 127.0.0.1:${PORT}.`,
          todo: null,
        });
        expect(await look({ REGISTRY_HOST: `127.0.0.1:${await freePort()}` })).toMatchObject({
          state: 'failed',
          says: expect.stringMatching(/connection refused/),
        });
      } finally {
        await fixture.close();
      }
    });
  });
