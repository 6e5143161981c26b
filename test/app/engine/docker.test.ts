import { describe, test } from '@jest/globals';
import { testEngine } from '../../contracts/engine-contract.js';
import { docker, dockerImage, hasDocker, realEngine } from '../../support/docker-images.js';

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('Docker: DOCKER_HOST names no engine', () => undefined);
else
  describe('a real engine', () => {
    testEngine('Docker', async () => ({
      engine: realEngine(),
      image: (program) => dockerImage(program),
      addVolume: async (name, labels) => {
        const given = Object.entries(labels).map(([label, value]) => `--label=${label}=${value}`);
        await docker('volume', 'create', ...given, name);
      },
      [Symbol.asyncDispose]: async () => undefined,
    }));
  });
