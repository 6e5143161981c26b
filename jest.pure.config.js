import config from './jest.config.js';

/** Folders of which every suite is run with this configuration, and no other one. */
export const PURE = ['shared', 'variables', 'settings', 'pull-requests', 'sites'];

/** Pure functions have no excuse: every line of them, with no program to build and no database to start. */
export default {
  ...config,
  testMatch: [
    `<rootDir>/test/{${PURE.join()}}/**/*.test.ts`,
    '<rootDir>/test/environments/{model,expire,reasons,needs-rerun,notes,overtaken}.test.ts',
    '<rootDir>/test/secrets/{envelope,redact-lines}.test.ts',
    '<rootDir>/test/deployments/{model,new-deployment}.test.ts',
    '<rootDir>/test/uploads/{limits,manifest,missing,pack,plan}.test.ts',
  ],
  globalSetup: undefined,
  globalTeardown: undefined,
  collectCoverage: true,
  coverageProvider: 'v8',
  coverageReporters: [['text', { skipFull: true }]],
  collectCoverageFrom: [
    `src/{${PURE.join()}}/**/*.ts`,
    'src/environments/{model,expire,reasons,notes}.ts',
    'src/secrets/{envelope,keys,redact-lines}.ts',
    'src/deployments/model.ts',
    'src/uploads/{manifest,limits,plan,pack}.ts',
    // These hold nothing but types.
    '!src/shared/{pages,tools,safe-fetch,notification-words}.ts',
    // It works over a port: the suites of the server show it.
    '!src/shared/lease.ts',
    '!src/variables/store.ts',
    '!src/pull-requests/github-payload.ts',
  ],
  coverageThreshold: { global: { lines: 100 } },
};
