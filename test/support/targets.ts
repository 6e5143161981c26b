import { createStaticTarget } from '../../src/targets/static/static.js';
import { createMemoryStaticHosting } from './memory-static-hosting.js';

const staticTarget = {
  name: 'static',
  badOptions: [null, 'spa', { spa: 'yes' }, { sap: true }],
  create: async () => {
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
  },
};

/** Every target, with what the contract suite needs of it. */
export const TARGETS = [staticTarget] as const;
