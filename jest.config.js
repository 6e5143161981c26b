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
  testTimeout: 180_000,
  // A process that has loaded hundreds of suites is slow and large: from here on a fresh one takes the next.
  workerIdleMemoryLimit: '1GB',
  coveragePathIgnorePatterns: ['/node_modules/', '/build/', '/dist/', '/test/'],
};
