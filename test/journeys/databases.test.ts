import { test } from '@jest/globals';
import { createDockerEngine } from '../../app/engine/docker-engine.js';
import { startFakeEngine } from '../support/fake-engine.js';
import { runProgram } from '../support/run-program.js';
import { type DatabaseStage, heldIn, playDatabases, seenIn } from './plays/databases.js';

/** The engine is that of the tests; the registry, the pull and the proxy are real. */
async function openEngine(): Promise<DatabaseStage> {
  const fake = await startFakeEngine();
  const engine = createDockerEngine(fake.address);
  fake.addImage('docker.io/library/redis:7', { Cmd: ['print', '1'] });
  return {
    env: { DOCKER_HOST: fake.dockerHost },
    target: 'docker',
    database: 'redis:7',
    run: (world, asked) => runProgram(world, { ...asked, target: 'docker' }),
    held: () => heldIn(engine),
    seen: () => seenIn(engine, 'redis:7'),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
}

test('a database is kept across pushes and while its preview sleeps, and goes with the preview', () =>
  playDatabases(openEngine));
