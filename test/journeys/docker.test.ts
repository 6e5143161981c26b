import { describe, expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import { createDockerTarget } from '../../src/targets/docker/docker.js';
import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import { testHooks } from '../contracts/hooks-contract.js';
import { testTarget } from '../contracts/target-contract.js';
import { release as releaseWith } from '../support/builders.js';
import type { Run } from '../../src/targets/target.js';
import {
  docker,
  dockerImage,
  emptyEngine,
  hasDocker,
  pushByDocker,
  realEngine,
} from '../support/docker-images.js';
import { buildStandInForRedis } from '../support/docker-databases.js';
import { dockerParts } from '../support/docker-parts.js';
import { runProgram } from '../support/run-program.js';
import { type DatabaseStage, heldIn, playDatabases, seenIn } from './plays/databases.js';
import { playPullRequest, playTwoServers, type TargetStage } from './plays/targets.js';

type Fault = 'retriable' | 'final';

const RUN: Run = {
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  ...{ log: () => undefined, signal: new AbortController().signal },
};

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

async function openDatabases(): Promise<DatabaseStage> {
  await buildStandInForRedis('redis:0-test');
  const { env = {}, run, ...stage } = await openDocker();
  const engine = realEngine();
  // A developer's engine may run a server of this program.
  const before = await heldIn(engine);
  return {
    ...{ env, target: 'docker', database: 'redis:0-test' },
    run: async (world, asked) => run?.(world, asked) ?? { exitCode: 1, log: 'There is no run.' },
    held: async () => (await heldIn(engine)).filter((name) => !before.includes(name)),
    seen: () => seenIn(engine, 'redis:0-test'),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('docker: DOCKER_HOST names no engine', () => undefined);
else
  describe('a real engine', () => {
    testHooks('docker', async () => {
      const engine = realEngine();
      return {
        engine,
        image: (program) => dockerImage(program, ['EXPOSE 3000']),
        target: () => createDockerTarget(dockerParts({ engine })),
        [Symbol.asyncDispose]: () => emptyEngine(engine),
      };
    });
    testTarget({
      name: 'docker',
      badOptions: [null, { privileged: true }],
      prints: ['serving hello'],
      create,
    });
    test('a program that ends is started again by its engine three times, and one that sleeps is not', async () => {
      const { target, release, options, close } = await create();
      const { handle } = await target.deploy(await release('pr-1-hello', 1), options, RUN);
      const state = async () => (await target.inspect(handle, RUN)).state;
      const until = (wanted: string) =>
        eventually(state, { until: (seen) => seen === wanted, otherwise: `It does not become ${wanted}.` });
      const kill = () =>
        docker('exec', handle.container ?? '', 'sh', '-c', 'kill -9 $(pidof httpd)').catch(() => '');
      const restarts = () => docker('inspect', '--format', '{{.RestartCount}}', handle.container ?? '');
      for (const count of ['1', '2', '3']) {
        await kill();
        await eventually(restarts, {
          until: (seen) => seen === count,
          otherwise: 'It is not started again.',
        });
        await until('live');
        // The engine may have given it another port.
        const { reach } = await target.inspect(handle, RUN);
        const { host, port } = reach as { host: string; port: number };
        expect((await fetch(`http://${host}:${String(port)}/`)).status).toBe(200);
      }
      await kill();
      const { state: ended } = await eventually(() => target.inspect(handle, RUN), {
        until: ({ detail }) => detail?.includes('exit code 137') === true,
        otherwise: 'It does not end for good.',
      });
      expect(ended).toBe('unhealthy');
      await target.capabilities.sleep?.wake(handle, RUN);
      await until('live');
      await target.capabilities.sleep?.stop(handle, RUN);
      expect(await state()).toBe('sleeping');
      await close();
    });
    test('a pull request is opened, pushed to, broken, closed and reopened', () =>
      playPullRequest(openDocker));
    test('a database is kept across pushes and while its preview sleeps, and goes with the preview', () =>
      playDatabases(openDatabases));
    test('two servers deploy and remove it together', () => playTwoServers(openDocker));
  });
