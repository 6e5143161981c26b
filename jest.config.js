import { availableParallelism } from 'node:os';

/** ESM all the way: Probot, Octokit and @actions/core ship nothing else. */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  // Long enough for a machine that is busy with others: what hangs is found all the same.
  testTimeout: process.env.CI === 'true' ? 600_000 : 180_000,
  // A suite often waits for a program that it started: on two cores two of them are done in little more time than one.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  // A process that has loaded hundreds of suites is slow and large: from here on a fresh one takes the next.
  workerIdleMemoryLimit: '1GB',
  coverageProvider: 'v8',
  coverageReporters: [['text', { skipFull: true }]],
  // Pure functions have no excuse: every line of them runs in a test.
  collectCoverageFrom: [
    'src/{shared,variables,settings,pull-requests,sites}/**/*.ts',
    'src/environments/{model,expire,reasons,notes}.ts',
    'src/deployments/model.ts',
    'src/uploads/{manifest,limits,plan,pack}.ts',
    '!src/shared/{pages,tools}.ts',
    '!src/pull-requests/github-payload.ts',
  ],
  coverageThreshold: { global: { lines: 100 } },
};
