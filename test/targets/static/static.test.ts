import { expect, test } from '@jest/globals';
import { createStaticTarget } from '../../../src/targets/static/static.js';
import { testTarget } from '../../contracts/target-contract.js';
import { createMemoryStaticHosting } from '../../support/memory-static-hosting.js';

const create = async () => {
  const hosting = createMemoryStaticHosting();
  return {
    target: createStaticTarget({ hosting }),
    release: async (slug: string, generation: number) => ({
      slug,
      generation,
      projectId: 'p1',
      sha: 'a'.repeat(40),
      artifact: String(generation % 10).repeat(64),
      image: null,
      variables: { TOKEN: 'canary-variable' },
    }),
    options: { spa: false },
    credentials: { token: 'canary-credential' },
    secrets: ['canary-variable', 'canary-credential'],
    failNext: hosting.failNext,
  };
};

testTarget({ name: 'static', create, badOptions: [null, 'spa', { spa: 'yes' }, { sap: true }] });

test('a release without an upload cannot be published', async () => {
  const { target, release, options } = await create();
  const run = { credentials: {}, log: () => undefined, signal: new AbortController().signal, fetch };
  const empty = { ...(await release('pr-1-hello', 1)), artifact: null };
  await expect(target.deploy(empty, options, run)).rejects.toMatchObject({ code: 'unprocessable' });
});
