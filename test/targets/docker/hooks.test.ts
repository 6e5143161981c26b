import { expect, test } from '@jest/globals';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { createDockerTarget } from '../../../src/targets/docker/docker.js';
import { testHooks } from '../../contracts/hooks-contract.js';
import { release } from '../../support/builders.js';
import { dockerParts } from '../../support/docker-parts.js';
import { startFakeEngine } from '../../support/fake-engine.js';

testHooks('the engine of the tests', async () => {
  const fake = await startFakeEngine();
  const engine = createDockerEngine(fake.address);
  return {
    engine,
    async image(program) {
      fake.addImage('vitrine-test:hooks', { Cmd: program, ExposedPorts: { '3000/tcp': {} } });
      return 'vitrine-test:hooks';
    },
    target: () => createDockerTarget(dockerParts({ engine })),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  };
});

test('a hook that does not end in time, or needs too much memory, is told so', async () => {
  await using fake = await startFakeEngine();
  fake.addImage('vitrine-test:hooks', { Cmd: ['serve', 'Hello'] });
  const engine = createDockerEngine(fake.address);
  const deploy = (deployed: string, limit: { hookLimitMs?: number } = {}) => {
    const target = createDockerTarget(dockerParts({ engine, ...limit }));
    const run = {
      ...{
        credentials: undefined,
        variables: {},
        secrets: {},
        fetch: globalThis.fetch,
        log: () => undefined,
      },
      ...{ visit: async () => 200, signal: new AbortController().signal },
    };
    const image = { kind: 'external', reference: 'vitrine-test:hooks', auth: null } as const;
    const hooks = { ...release().hooks, deployed };
    return target.deploy(release({ image, hooks }), { writable: false, root: false }, run);
  };
  await expect(deploy('print 1', { hookLimitMs: 200 })).rejects.toThrow(
    /did not end within 10 minutes, and was stopped/,
  );
  await expect(deploy('fail 137 heavy')).rejects.toThrow(/needed more memory .*"resources\.memory"/);
  expect(fake.containers()).toEqual([]);
  expect(fake.started()).toEqual(['print 1', 'fail 137 heavy']);
});
