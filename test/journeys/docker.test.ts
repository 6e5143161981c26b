import { describe, test } from '@jest/globals';
import { createDockerTarget } from '../../src/targets/docker/docker.js';
import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import { testTarget } from '../contracts/target-contract.js';
import { release as releaseWith } from '../support/builders.js';
import { dockerImage, emptyEngine, hasDocker, pushByDocker, realEngine } from '../support/docker-images.js';
import { dockerParts } from '../support/docker-parts.js';
import { runProgram } from '../support/run-program.js';
import { playPullRequest, playTwoServers, type TargetStage } from './plays/targets.js';

type Fault = 'retriable' | 'final';

/** The target over a real engine, which fails where the test says so. */
async function create() {
  const real = realEngine();
  const faults: Fault[] = [];
  const engine: typeof real = {
    ...real,
    async createContainer(spec) {
      const fault = faults.shift();
      if (fault === undefined) return real.createContainer(spec);
      if (fault === 'retriable') throw new VitrineError('unavailable', 'The engine is away.');
      // Refused by the engine itself.
      return real
        .createContainer({ ...spec, body: { ...spec.body, Image: 'NO SUCH NAME' } })
        .catch((error: unknown) => {
          throw isVitrineError(error) ? new VitrineError('unprocessable', error.message) : error;
        });
    },
  };
  const reference = await dockerImage(['serve', 'hello']);
  const image = { kind: 'external', reference, auth: null } as const;
  return {
    target: createDockerTarget(dockerParts({ engine })),
    release: async (slug: string, generation: number) =>
      releaseWith({ slug, generation, deploymentId: `${slug}-${generation}`, image }),
    options: { writable: false, root: false },
    credentials: undefined,
    secrets: ['canary-variable', 'canary-secret'],
    failNext: (kind: Fault) => void faults.push(kind),
    visit: async () => 200,
    close: () => emptyEngine(real),
  };
}

async function openDocker(): Promise<TargetStage> {
  const engine = realEngine();
  return {
    kind: 'upstream',
    inputs: {},
    env: { DOCKER_HOST: process.env['DOCKER_HOST'] ?? '' },
    run: (world, asked) =>
      runProgram(world, {
        ...asked,
        target: 'docker',
        push: (program, { url, begun }) =>
          pushByDocker(program, {
            ...{ url, token: begun.token },
            repository: begun.plan.registry?.repository ?? '',
          }),
      }),
    removedByRun: false,
    held: async () =>
      (await engine.containers({ 'vitrine.target': 'docker' })).map(
        ({ labels }) => labels['vitrine.environment'] ?? '',
      ),
    [Symbol.asyncDispose]: () => emptyEngine(engine),
  };
}

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('docker: DOCKER_HOST names no engine', () => undefined);
else
  describe('a real engine', () => {
    testTarget({ name: 'docker', badOptions: [null, { privileged: true }], create });
    test('a pull request is opened, pushed to, broken, closed and reopened', () =>
      playPullRequest(openDocker));
    test('two servers deploy and remove it together', () => playTwoServers(openDocker));
  });
