import { availableParallelism } from 'node:os';

export default {
  // Node's own modules, loaded once for all suites of a worker.
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  testRunner: '<rootDir>/test/support/jest/run-suite.js',
  transform: {},
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  // Long enough for a machine that is busy with others: what hangs is found all the same.
  testTimeout: process.env.CI === 'true' ? 600_000 : 180_000,
  // A suite often waits: for a program that it started, for a lease to end. One worker more than cores keeps the cores busy.
  maxWorkers: availableParallelism() + 1,
  // A process that has loaded hundreds of suites is slow and large: from here on a fresh one takes the next.
  workerIdleMemoryLimit: '1500MB',
};
