import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { AS_PROCESSES, chooseRunner, type DockerOfMachine } from '../../demo/choose-runner.js';
import { createTeller } from '../../demo/teller.js';
import { type FakeEngine, startFakeEngine } from '../support/fake-engine.js';

let fake: FakeEngine;
let said: string[];
beforeEach(async () => {
  fake = await startFakeEngine();
  said = [];
});
afterEach(async () => fake[Symbol.asyncDispose]());

const choose = (docker: DockerOfMachine) =>
  chooseRunner({
    docker,
    manifest: '{ "engines": { "node": ">=20" } }',
    teller: createTeller({ write: (line) => void said.push(line.trim()), colour: 'off', now: () => 0 }),
    defaultSocket: '/nowhere/docker.sock',
  });

test('where an engine has the base image, programs run in its containers', async () => {
  fake.addImage('mirror.test/node:24', { Cmd: ['serve', 'base'] });
  const nodeImage = 'mirror.test/node:{version}';
  expect(await choose({ host: fake.dockerHost, nodeImage })).toEqual({
    ...{ DOCKER_HOST: fake.dockerHost, NODE_RUNNER: '', NODE_IMAGE: nodeImage },
  });
  expect(said).toEqual(['Docker is there: programs run in containers of mirror.test/node:24']);
});

test('where the image can be neither found nor pulled, they run as processes, and a line says why', async () => {
  expect(await choose({ host: fake.dockerHost })).toEqual(AS_PROCESSES);
  expect(said).toEqual([
    'Pulling node:24-slim, the base image of this program.',
    expect.stringMatching(
      /^Docker is there, and programs run as processes, because the image node:24-slim is not: /,
    ),
  ]);
});

test('without an engine they run as processes', async () => {
  expect([await choose({ host: undefined }), await choose({ host: 'off' })]).toEqual([
    AS_PROCESSES,
    AS_PROCESSES,
  ]);
  expect(said).toEqual([]);
});
